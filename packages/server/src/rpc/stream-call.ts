import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { type MessageRequest, MessageType } from "@im-sdk/gen";
import { transportKey } from "../connection/connection.ts";
import { callerOf, requireCaller } from "../identity/caller.ts";
import { negotiate } from "../identity/capabilities.ts";
import { metadataText } from "../identity/metadata-text.ts";
import type { ServiceContext } from "../service-context.ts";
import { ClientStream } from "../stream/client-stream.ts";
import { IncomingFrames } from "../stream/incoming-frames.ts";
import type { OutgoingQueue } from "../stream/outgoing-queue.ts";
import { heartbeatFrame } from "../stream/reply-frames.ts";

/**
 * One StreamMessages call, whichever way its bytes come and go: `begin`, then `receive` for each frame, then `finish` or
 * `fail`; what is to be written meanwhile, and how the call ends, comes by `outgoing`.
 */
export class StreamCall {
  readonly #context: ServiceContext;
  readonly #call: HandlerContext;
  readonly #stream: ClientStream;
  readonly #frames: IncomingFrames;

  constructor(context: ServiceContext, call: HandlerContext) {
    this.#context = context;
    this.#call = call;
    this.#stream = openStream(context, call);
    this.#frames = new IncomingFrames(context, this.#stream);
    const { outgoing, capabilities } = this.#stream;
    // Response headers leave with the first frame, and a client that negotiates waits for them.
    if (capabilities.ack || capabilities.resume) outgoing.push(heartbeatFrame());
    const onAbort = () => outgoing.fail(ConnectError.from(call.signal.reason, Code.Canceled));
    call.signal.addEventListener("abort", onAbort, { once: true });
    if (call.signal.aborted) onAbort();
  }

  get outgoing(): OutgoingQueue {
    return this.#stream.outgoing;
  }

  /** The call is over, and frames that still come are of no interest. */
  get ended(): boolean {
    return this.#stream.ended;
  }

  /** Does what the metadata of the request ask for; frames wait for that. Rejects with what is to end the call. */
  async begin(): Promise<void> {
    const { requestHeader } = this.#call;
    const named = metadataText(requestHeader, "user-id");
    const roomId = metadataText(requestHeader, "room-id");
    const userId = callerOf(this.#call, named);
    // Without a name in the metadata the first frame tells the room as well, whoever the token belongs to.
    if (named === "" && roomId === "") return;
    if (userId === "") return;
    await this.#identify(named);
    if (roomId !== "") await this.#frames.joinFirstRoom(roomId);
  }

  /** Handles one frame; what it returns is to be awaited before the next. Throws or rejects with what is to end the call. */
  receive(frame: MessageRequest): Promise<void> | undefined {
    if (this.#stream.userId === "") return this.#receiveFirst(frame);
    const pending = this.#frames.handle(frame);
    return pending === undefined ? this.outgoing.whenWritable() : pending.then(() => this.outgoing.whenWritable());
  }

  /** No more frames come: ends the call once all are answered. */
  async finish(): Promise<void> {
    await this.#frames.settled();
    this.outgoing.end();
  }

  /** Ends the call with an error, after what waits to be written. */
  fail(error: unknown): void {
    const { userId, ended } = this.#stream;
    if (!ended) this.#context.options.logger.debug("a stream ends", { user: userId, error });
    this.outgoing.end(ConnectError.from(error));
  }

  async #receiveFirst(frame: MessageRequest): Promise<void> {
    await this.#identify(frame.userId);
    // A JOIN_ROOM frame, which may carry a cursor, does that itself.
    if (frame.roomId !== "" && frame.type !== MessageType.JOIN_ROOM) await this.#frames.joinFirstRoom(frame.roomId);
    await this.#frames.handle(frame);
    await this.outgoing.whenWritable();
  }

  async #identify(named: string): Promise<void> {
    const userId = requireCaller(this.#call, named, this.#context.options.limits.maxIdLength);
    this.#context.streams.identify(this.#stream, userId);
    await this.#context.memberships.adopt(this.#stream);
  }
}

function openStream(context: ServiceContext, call: HandlerContext): ClientStream {
  const { limits, clock, capabilities } = context.options;
  const transport = call.values.get(transportKey);
  const connection = transport?.connection ?? context.sharedConnection;
  const stream = new ClientStream({
    capabilities: negotiate(call, capabilities),
    connection,
    limits,
    clock,
    reset: transport?.reset,
    onEnd: () => {
      context.memberships.endStream(stream);
      context.streams.delete(stream);
      connection.streams.delete(stream);
    },
  });
  connection.streams.add(stream);
  context.streams.add(stream);
  return stream;
}
