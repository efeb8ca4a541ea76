import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
} from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import { headers, type NatsConnection } from "@nats-io/transport-node";
import { type PresenceEvent, toPresenceEvent } from "./presence-event.ts";
import { entriesOf } from "./presence-keys.ts";

/** How long NATS may take to answer one request. */
export const requestTimeoutMs = 2_000;

/** Which bucket, and how NATS keeps it. */
export interface PresenceBucketOptions {
  readonly bucket: string;
  readonly replicas: number;
}

/** The key-value bucket that all servers share. */
export class PresenceBucket {
  readonly #name: string;
  readonly #js: JetStreamClient;
  readonly #jsm: JetStreamManager;
  readonly #kv: KV;

  /** Opens the bucket, and makes it when it is not there. Rejects when NATS does not answer. */
  static async open(connection: NatsConnection, { bucket, replicas }: PresenceBucketOptions): Promise<PresenceBucket> {
    const js = jetstream(connection, { timeout: requestTimeoutMs });
    const jsm = await js.jetstreamManager();
    const kv = await new Kvm(js).create(bucket, { replicas, history: 1 });
    return new PresenceBucket(bucket, js, jsm, kv);
  }

  private constructor(name: string, js: JetStreamClient, jsm: JetStreamManager, kv: KV) {
    this.#name = name;
    this.#js = js;
    this.#jsm = jsm;
    this.#kv = kv;
  }

  /** Resolves with the revision. With `previous` only if that is the key's revision (0: it is not there); see {@link isConflict}. */
  put(key: string, value: string, previous?: number): Promise<number> {
    return this.#kv.put(key, value, previous === undefined ? {} : { previousSeq: previous });
  }

  /** Removes a key, with the same condition; what is left is a marker, which {@link erase} removes. */
  async delete(key: string, previous?: number): Promise<number> {
    const header = headers();
    header.set("KV-Operation", "DEL");
    if (previous !== undefined) header.set("Nats-Expected-Last-Subject-Sequence", String(previous));
    const { seq } = await this.#js.publish(`$KV.${this.#name}.${key}`, undefined, { headers: header });
    return seq;
  }

  /** The revision of a key that is there. */
  async revisionOf(key: string): Promise<number | undefined> {
    const entry = await this.#kv.get(key);
    return entry?.operation === "PUT" ? entry.revision : undefined;
  }

  /** Calls back with all that is there and then with every change, in order. Returns what ends it. */
  async watch(onEvent: (event: PresenceEvent) => void): Promise<() => void> {
    const changes = await this.#kv.watch();
    void (async () => {
      for await (const change of changes) {
        const event = toPresenceEvent(change);
        if (event !== undefined) onEvent(event);
      }
    })().catch(() => {});
    return () => changes.stop();
  }

  /** Removes all that a session has left behind, without a trace. */
  async sweep(session: string): Promise<void> {
    await this.#jsm.streams.purge(`KV_${this.#name}`, { filter: `$KV.${this.#name}.${entriesOf(session)}.>` });
  }

  /** Removes a marker; one that was replaced since is not there, which is as well. */
  async erase(revision: number): Promise<void> {
    try {
      await this.#jsm.streams.deleteMessage(`KV_${this.#name}`, revision, false);
    } catch (error) {
      if (!(error instanceof JetStreamApiError)) throw error;
    }
  }
}

/** The key had another revision than the one that was asked for. */
export function isConflict(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamWrongLastSequence;
}
