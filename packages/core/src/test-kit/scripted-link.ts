import type { Transport } from "@connectrpc/connect";
import type { ServiceInstance } from "@im-sdk/contracts";
import type { MessageRequest, MessageResponse } from "@im-sdk/gen";
import type { EndpointLease } from "../connection/endpoint.ts";
import { Link, type LinkOptions } from "../connection/link.ts";
import type { ImError } from "../im-error.ts";
import { type StreamObserver, streamObserverKey } from "../transport/stream-observer.ts";
import { ManualInput } from "./manual-input.ts";

export interface ScriptedLinkOptions {
  instance?: ServiceInstance;
  lease?: EndpointLease;
  greeting?: MessageRequest[];
  /** What the response header grants, such as `ack,resume`; undefined holds the header back until `grant`. */
  grants?: string | undefined;
  /** The transport takes frames only by `pull`. */
  isStalled?: boolean;
  onFrame?: (frame: MessageResponse, link: Link) => Promise<void> | undefined;
  onWritten?: LinkOptions["onWritten"];
  onDraining?: (link: Link) => void;
}

/** A real link on a transport whose every move is the test's. Its transport reports no writes unless the test does. */
export class ScriptedLink {
  readonly link: Link;
  /** Frames that the transport has taken. */
  readonly sent: MessageRequest[] = [];
  /** What the server says. */
  readonly response = new ManualInput<MessageResponse>();
  observer: StreamObserver | undefined;
  isHalfClosed = false;
  isAborted = false;
  endedWith: ImError | undefined | "not ended" = "not ended";
  readonly #header = Promise.withResolvers<Headers>();
  #input: AsyncIterator<MessageRequest> | undefined;

  constructor(options: ScriptedLinkOptions = {}) {
    const transport: Transport = {
      unary: () => Promise.reject(new Error("not part of this script")),
      stream: async (method, signal, _timeoutMs, _header, input, contextValues) => {
        this.observer = contextValues?.get(streamObserverKey);
        signal?.addEventListener("abort", () => {
          this.isAborted = true;
          this.response.fail(new Error("aborted"));
          this.#header.reject(new Error("aborted"));
        });
        this.#input = (input as AsyncIterable<unknown>)[Symbol.asyncIterator]() as AsyncIterator<MessageRequest>;
        if (options.isStalled !== true) void this.#pump();
        const header = await this.#header.promise;
        return {
          stream: true,
          service: method.parent,
          method,
          header,
          trailer: new Headers(),
          message: this.response as AsyncIterable<never>,
        };
      },
    };
    this.#header.promise.catch(() => {});
    if (!("grants" in options)) this.grant("");
    else if (options.grants !== undefined) this.grant(options.grants);
    this.link = new Link({
      instance: options.instance,
      lease: options.lease,
      base: transport,
      transport,
      header: new Headers(),
      greeting: options.greeting ?? [],
      onFrame: options.onFrame ?? (() => undefined),
      onWritten: options.onWritten ?? (() => {}),
      onTooLarge() {},
      onDraining: options.onDraining ?? (() => {}),
    });
    void this.link.closed.then((reason) => {
      this.endedWith = reason;
    });
  }

  /** The response header comes. */
  grant(capabilities: string): void {
    this.#header.resolve(new Headers(capabilities === "" ? {} : { "im-capabilities": capabilities }));
  }

  /** Takes one frame on a stalled link. */
  async pull(): Promise<boolean> {
    const result = await this.#input?.next();
    if (result === undefined || result.done === true) {
      this.isHalfClosed = true;
      return false;
    }
    this.sent.push(result.value);
    return true;
  }

  async #pump(): Promise<void> {
    while (await this.pull());
  }
}
