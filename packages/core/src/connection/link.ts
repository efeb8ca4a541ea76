import { createContextValues, type Transport } from "@connectrpc/connect";
import type { ServiceInstance } from "@im-sdk/contracts";
import { IMService, type MessageRequest, type MessageResponse } from "@im-sdk/gen";
import { ImError } from "../im-error.ts";
import { readyTaker } from "../transport/ready-messages.ts";
import { streamObserverKey } from "../transport/stream-observer.ts";
import type { EndpointLease } from "./endpoint.ts";
import { type FrameSource, OutgoingFrames } from "./outgoing-frames.ts";

export type Capability = "ack" | "resume";

export interface LinkOptions {
  /** Absent when the user brought a transport of their own. */
  instance: ServiceInstance | undefined;
  lease: EndpointLease | undefined;
  /** What the client's calls are made on, once its interceptors have seen them. */
  base: Transport;
  /** `base` within the interceptors of the stream and its health check. */
  transport: Transport;
  header: Headers;
  greeting: MessageRequest[];
  /** A promise holds the next frame back until it settles. */
  onFrame(frame: MessageResponse, link: Link): Promise<void> | undefined;
  /** These messages have been handed to HTTP/2. */
  onWritten(messages: readonly MessageRequest[]): void;
  /** A received message was left out because it is too large. */
  onTooLarge(): void;
  /** The server has announced that it goes away. */
  onDraining(link: Link): void;
}

/** One open stream on one instance, with the unary calls that belong beside it. */
export class Link {
  readonly instance: ServiceInstance | undefined;
  readonly base: Transport;
  readonly transport: Transport;
  /** Settles when the stream has ended: with why, or undefined when it was ended in peace. Never rejects. */
  readonly closed: Promise<ImError | undefined>;
  /** Settles when the response headers have come, which a plain server may send late. */
  readonly opened: Promise<void>;
  readonly #options: LinkOptions;
  readonly #outgoing: OutgoingFrames;
  readonly #abort = new AbortController();
  /** The stream has closed, though what has arrived on it may not be read yet. */
  readonly #gone = new AbortController();
  #capabilities: ReadonlySet<Capability> = new Set();
  #isOpen = true;
  #reportsWrites = false;
  #endedBy: { reason: ImError | undefined } | undefined;

  constructor(options: LinkOptions) {
    this.instance = options.instance;
    this.base = options.base;
    this.transport = options.transport;
    this.#options = options;
    this.#outgoing = new OutgoingFrames(options.greeting, (previous) => {
      // A transport that reports no writes has written a frame when it asks for the next one.
      if (!this.#reportsWrites && previous !== undefined) options.onWritten([previous]);
    });
    const opened = Promise.withResolvers<void>();
    this.opened = opened.promise;
    this.closed = this.#run(opened.resolve).finally(() => {
      this.#isOpen = false;
      opened.resolve();
      this.#outgoing.end();
      this.#abort.abort();
      options.lease?.release();
    });
  }

  /** False once the stream has ended: calls made now would reach a connection that knows nothing of us. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** False once nothing more can be pushed: the stream has ended or is being ended. */
  get isWritable(): boolean {
    return this.#isOpen && this.#endedBy === undefined;
  }

  /** Extensions that the server has granted. */
  get capabilities(): ReadonlySet<Capability> {
    return this.#capabilities;
  }

  /** Adds what a response header grants; absent or foreign words grant nothing. */
  grant(header: Headers): void {
    const words = (header.get("im-capabilities") ?? "").split(",").map((word) => word.trim().toLowerCase());
    const granted = words.filter((word): word is Capability => word === "ack" || word === "resume");
    if (granted.length > 0) this.#capabilities = new Set([...this.#capabilities, ...granted]);
  }

  /** Sends a frame of the connection's own, ahead of messages. */
  push(frame: MessageRequest): void {
    this.#outgoing.push(frame);
  }

  setSource(source: FrameSource | undefined): void {
    this.#outgoing.setSource(source);
  }

  wake(): void {
    this.#outgoing.wake();
  }

  /** Half-closes the stream once what was pushed has been written; what the server still sends is received. */
  finish(): void {
    this.#endedBy ??= { reason: undefined };
    this.#outgoing.end();
  }

  /** Ends the stream at once; `closed` then gives the reason. */
  abort(reason?: ImError): void {
    this.#endedBy ??= { reason };
    this.#abort.abort();
  }

  async #run(onOpened: () => void): Promise<ImError | undefined> {
    const { transport, header, onFrame } = this.#options;
    // Nobody need wait for room when no more can come: the end is to be known at once.
    const unpaused = AbortSignal.any([this.#abort.signal, this.#gone.signal]);
    const contextValues = createContextValues().set(streamObserverKey, {
      onOpen: (stream) => {
        this.#reportsWrites = true;
        stream.once("close", () => this.#gone.abort());
        // A request stream has a session from its first moment on.
        const session = stream.session as Parameters<EndpointLease["follow"]>[0] | undefined;
        if (session !== undefined) this.#options.lease?.follow(session, () => this.#options.onDraining(this));
      },
      onTooLarge: () => this.#options.onTooLarge(),
      onWrite: (messages) => this.#options.onWritten(messages as readonly MessageRequest[]),
    });
    try {
      const method = IMService.method.streamMessages;
      const response = await transport.stream(method, this.#abort.signal, 0, header, this.#outgoing, contextValues);
      this.grant(response.header);
      onOpened();
      const frames = response.message[Symbol.asyncIterator]();
      const takeReady = readyTaker(response.message);
      for (;;) {
        let frame = takeReady();
        if (frame === undefined) {
          const result = await frames.next();
          if (result.done === true) {
            return this.#endedBy === undefined ? new ImError("unavailable", "the server ended the stream") : undefined;
          }
          frame = result.value;
        }
        const pause = onFrame(frame, this);
        if (pause === undefined) continue;
        await untilAborted(pause, unpaused);
        if (this.#abort.signal.aborted) return this.#endedBy?.reason;
      }
    } catch (reason) {
      if (this.#endedBy !== undefined) return this.#endedBy.reason;
      return ImError.from(reason, "the stream broke");
    }
  }
}

/** Waits for work that never rejects; an abort ends the wait. */
function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      signal.removeEventListener("abort", done);
      resolve();
    };
    signal.addEventListener("abort", done, { once: true });
    void work.then(done);
  });
}
