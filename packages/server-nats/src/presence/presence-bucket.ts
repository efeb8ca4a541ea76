import { systemClock } from "@im-sdk/contracts";
import { JetStreamApiError, type JetStreamClient, type JetStreamManager, jetstream } from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import { headers } from "@nats-io/transport-node";
import type { NatsLink } from "../nats-link.ts";
import { OrderedFeed } from "../ordered-feed.ts";
import { inTime, tryServers } from "../try-servers.ts";
import { type PresenceEvent, toPresenceEvent } from "./presence-event.ts";
import { entriesOf } from "./presence-keys.ts";

/** How long NATS may take to answer one request. */
export const requestTimeoutMs = 2_000;

/** Which bucket, and how NATS keeps it. */
export interface PresenceBucketOptions {
  readonly bucket: string;
  readonly replicas: number;
}

/** The stream that holds a key-value bucket. */
export function bucketStream(bucket: string): string {
  return `KV_${bucket}`;
}

/** The key-value bucket that all servers share. What is asked of it fails at once when the connection breaks. */
export class PresenceBucket {
  readonly #name: string;
  readonly #link: NatsLink;
  readonly #js: JetStreamClient;
  readonly #jsm: JetStreamManager;
  readonly #kv: KV;

  /** Opens the bucket, and makes it when it is not there. Rejects when NATS does not answer. */
  static async open(link: NatsLink, { bucket, replicas }: PresenceBucketOptions): Promise<PresenceBucket> {
    // Whether there is a JetStream only the leader of a cluster says, and nothing else here needs one.
    const js = jetstream(link.connection, { timeout: requestTimeoutMs, checkAPI: false });
    const jsm = await link.call(js.jetstreamManager());
    const create = () => link.call(new Kvm(js).create(bucket, { replicas, history: 1 }));
    const kv = await tryServers(link, (timeoutMs) => inTime(systemClock, create(), timeoutMs));
    return new PresenceBucket(bucket, link, js, jsm, kv);
  }

  private constructor(name: string, link: NatsLink, js: JetStreamClient, jsm: JetStreamManager, kv: KV) {
    this.#name = name;
    this.#link = link;
    this.#js = js;
    this.#jsm = jsm;
    this.#kv = kv;
  }

  /** Resolves with the revision. With `previous` only if that is the key's revision (0: it is not there); else that is a conflict. */
  put(key: string, value: string, previous?: number): Promise<number> {
    return this.#link.call(this.#kv.put(key, value, previous === undefined ? {} : { previousSeq: previous }));
  }

  /** Removes a key, with the same condition; what is left is a marker, which {@link erase} removes. */
  async delete(key: string, previous?: number): Promise<number> {
    const header = headers();
    header.set("KV-Operation", "DEL");
    if (previous !== undefined) header.set("Nats-Expected-Last-Subject-Sequence", String(previous));
    const { seq } = await this.#link.call(this.#js.publish(this.#keys + key, undefined, { headers: header }));
    return seq;
  }

  /** The revision of a key that is there, of which the leader knows: the bucket answers with any copy, be it behind. */
  async revisionOf(key: string): Promise<number | undefined> {
    const asking = this.#jsm.streams.getMessage(bucketStream(this.#name), { last_by_subj: this.#keys + key });
    const message = await this.#link.call(asking);
    return message === null || message.header.has("KV-Operation") ? undefined : message.seq;
  }

  /**
   * Calls back with all that is there and then with every change, in order; `onLost`, once, when something may have been left out:
   * then nothing more is told.
   */
  async follow(onEvent: (event: PresenceEvent) => void, onLost: () => void): Promise<Pick<OrderedFeed, "stop">> {
    return OrderedFeed.start({
      link: this.#link,
      clock: systemClock,
      stream: bucketStream(this.#name),
      subject: `${this.#keys}>`,
      after: 0n,
      onMessage: (fed) => {
        const event = toPresenceEvent(fed.message.subject.slice(this.#keys.length), fed);
        if (event !== undefined) onEvent(event);
      },
      onLost,
    });
  }

  /** Removes all that a session has left behind, without a trace. */
  async sweep(session: string): Promise<void> {
    const filter = `${this.#keys}${entriesOf(session)}.>`;
    await this.#link.call(this.#jsm.streams.purge(bucketStream(this.#name), { filter }));
  }

  /** Removes a marker; one that was replaced since is not there, which is as well. */
  async erase(revision: number): Promise<void> {
    try {
      await this.#link.call(this.#jsm.streams.deleteMessage(bucketStream(this.#name), revision, false));
    } catch (error) {
      if (!(error instanceof JetStreamApiError)) throw error;
    }
  }

  get #keys(): string {
    return `$KV.${this.#name}.`;
  }
}
