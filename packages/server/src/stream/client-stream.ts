import { Code, ConnectError } from "@connectrpc/connect";
import type { Clock } from "@im-sdk/contracts";
import type { Connection } from "../connection/connection.ts";
import type { Capabilities } from "../identity/capabilities.ts";
import type { ResolvedLimits } from "../options/limits.ts";
import type { Subscription } from "../rooms/subscription.ts";
import type { OutgoingFrame } from "./outgoing-frame.ts";
import { OutgoingQueue } from "./outgoing-queue.ts";

/** What a {@link ClientStream} is made of. */
export interface ClientStreamOptions {
  readonly capabilities: Capabilities;
  readonly connection: Connection;
  readonly limits: ResolvedLimits;
  readonly clock: Clock;
  /** Cuts the transport's stream, for a reader that does not even read why it is sent away. */
  readonly reset: (() => void) | undefined;
  /** Called once when the stream is over; its subscriptions are still there. */
  readonly onEnd: (stream: ClientStream) => void;
}

/** One open StreamMessages call: its user, its rooms, and what waits to be written to it. */
export class ClientStream {
  /** Empty until the stream has said whose it is. */
  userId = "";
  readonly capabilities: Capabilities;
  readonly connection: Connection;
  readonly outgoing: OutgoingQueue;
  /** By room id. */
  readonly subscriptions = new Map<string, Subscription>();
  readonly #options: ClientStreamOptions;
  // A Set keeps the order in which the rooms fell behind, which is the order in which they catch up.
  readonly #lagging = new Set<Subscription>();
  #ended = false;

  constructor(options: ClientStreamOptions) {
    this.#options = options;
    this.capabilities = options.capabilities;
    this.connection = options.connection;
    this.outgoing = new OutgoingQueue({
      maxMessages: options.limits.maxQueueMessages,
      maxBytes: options.limits.maxQueueBytes,
      onDrained: () => this.#catchUp(),
      onEnd: () => this.#end(),
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Hands on a room message; false when the queue is full and `subscription` is to catch up later. */
  offer(frame: OutgoingFrame, subscription: Subscription): boolean {
    if (this.outgoing.offer(frame)) return true;
    if (!this.outgoing.closed) this.#lagging.add(subscription);
    return false;
  }

  /** Room messages were lost to this stream for good. */
  failAsSlowConsumer(): void {
    const { ack, resume } = this.capabilities;
    // The code alone could also mean that a frame of the client's was too large.
    const trailer = ack || resume ? { "im-stream-end": "slow-consumer" } : undefined;
    this.outgoing.fail(new ConnectError("slow consumer", Code.ResourceExhausted, trailer));
    const { reset, clock, limits } = this.#options;
    if (reset !== undefined) clock.setTimeout(reset, limits.slowConsumerGraceMs);
  }

  forget(subscription: Subscription): void {
    this.#lagging.delete(subscription);
  }

  #catchUp(): void {
    const lagging = [...this.#lagging];
    this.#lagging.clear();
    for (const subscription of lagging) subscription.catchUp();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#lagging.clear();
    this.#options.onEnd(this);
  }
}
