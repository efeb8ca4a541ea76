import type { Clock } from "@im-sdk/contracts";
import { createInbox, type Msg, nuid, type Subscription } from "@nats-io/transport-node";
import { addConsumer } from "./add-consumer.ts";
import type { NatsLink } from "./nats-link.ts";
import { deliveryOf, type StoredAt } from "./stored-message.ts";
import { inTime, tryServers } from "./try-servers.ts";

/** A sign of life of a feed on which nothing happens, and how long it may be silent. */
const heartbeatMs = 15_000;
const silenceMs = 40_000;
/** How long it may take to say that it is there when asked. */
const checkMs = 1_000;

/** A message as it comes from a feed. */
export interface Fed extends StoredAt {
  readonly message: Msg;
}

/** What a {@link OrderedFeed} is made of. */
export interface OrderedFeedParts {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly stream: string;
  /** Only what was published to it is told; it may end in a wildcard. */
  readonly subject: string;
  /** Messages after this position are told. */
  readonly after: bigint;
  readonly onMessage: (fed: Fed) => void;
  /** Called once when messages may be missing from now on; the feed has ended. */
  readonly onLost: (reason: string) => void;
}

/**
 * All messages of a stream after a position, each once and in order, by an ordered push consumer. It never repairs itself: what it
 * cannot go on from it tells, and its owner starts another one.
 */
export class OrderedFeed {
  readonly #parts: OrderedFeedParts;
  readonly #consumer = nuid.next();
  readonly #inbox = createInbox();
  readonly #subscription: Subscription;
  #deliveries = 0;
  #position: bigint;
  #heardAtMs: number;
  #timer: unknown;
  #unwatch = () => {};
  #stopped = false;

  /** Rejects when the stream is not there, JetStream does not answer, or the feed is lost before. */
  static async start(parts: OrderedFeedParts): Promise<OrderedFeed> {
    let { after } = parts;
    return tryServers(parts.link, async (timeoutMs) => {
      const feed = new OrderedFeed({ ...parts, after });
      try {
        await feed.#create(timeoutMs);
        return feed;
      } catch (error) {
        feed.stop();
        // It may have begun all the same.
        after = feed.#position;
        throw error;
      }
    });
  }

  private constructor(parts: OrderedFeedParts) {
    this.#parts = parts;
    this.#position = parts.after;
    this.#heardAtMs = parts.clock.now();
    this.#subscription = parts.link.connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error === null) this.#onMessage(message);
        else this.#lose(error.message);
      },
    });
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const { clock, link, stream } = this.#parts;
    clock.clearTimeout(this.#timer);
    this.#unwatch();
    this.#subscription.unsubscribe();
    const remove = () => link.manager.consumers.delete(stream, this.#consumer);
    // What fails goes by itself once nobody has listened for a while.
    link
      .whenUp()
      .then(remove)
      .catch(() => {});
  }

  async #create(timeoutMs: number): Promise<void> {
    const { link, clock, stream, subject, after } = this.#parts;
    const pushed = { deliver_subject: this.#inbox, max_deliver: 1, flow_control: true, heartbeatMs };
    const name = this.#consumer;
    const consumer = { stream, name, subject, from: after + 1n, inactiveMs: heartbeatMs, ...pushed };
    await addConsumer(link, clock, consumer, timeoutMs);
    if (this.#stopped) throw new Error("the feed was lost before it had begun");
    this.#unwatch = link.watchServers(() => void this.#check());
    this.#watch();
  }

  #onMessage(message: Msg): void {
    if (this.#stopped) return;
    this.#heardAtMs = this.#parts.clock.now();
    if (message.subject === this.#inbox) this.#onControl(message);
    else this.#onStored(message);
  }

  #onStored(message: Msg): void {
    const { delivery, ...stored } = deliveryOf(message.reply ?? "");
    if (delivery === this.#deliveries + 1) {
      this.#deliveries = delivery;
      // A copy that is behind begins with what it lacks.
      if (stored.sequence <= this.#position) return;
      this.#position = stored.sequence;
      this.#parts.onMessage({ message, ...stored });
    } else {
      this.#lose(`delivery ${delivery} came after ${this.#deliveries}`);
    }
  }

  /** See https://docs.nats.io/reference/reference-protocols/nats_api_reference#consumer-flow-control. */
  #onControl(message: Msg): void {
    const { headers } = message;
    const delivered = headers?.get("Nats-Last-Consumer") ?? "";
    if (headers?.code !== 100) {
      this.#lose(headers?.description ?? "the consumer is gone");
    } else if (delivered !== "" && Number(delivered) !== this.#deliveries) {
      this.#lose(`${delivered} were delivered, and ${this.#deliveries} came`);
    } else {
      const stalled = headers.get("Nats-Consumer-Stalled");
      if (stalled !== "") this.#parts.link.connection.publish(stalled);
      if (message.reply) message.respond();
    }
  }

  /** The consumer is on one of the servers, and gone with it. */
  async #check(): Promise<void> {
    const { link, clock, stream } = this.#parts;
    try {
      await inTime(clock, link.call(link.manager.consumers.info(stream, this.#consumer)), checkMs);
    } catch {
      this.#lose("a server of NATS is gone, and nobody answers for the consumer");
    }
  }

  #watch(): void {
    const { clock } = this.#parts;
    this.#timer = clock.setTimeout(() => {
      if (clock.now() - this.#heardAtMs >= silenceMs) this.#lose(`nothing was heard for ${silenceMs} ms`);
      else this.#watch();
    }, heartbeatMs);
  }

  #lose(reason: string): void {
    if (this.#stopped) return;
    this.stop();
    this.#parts.onLost(reason);
  }
}
