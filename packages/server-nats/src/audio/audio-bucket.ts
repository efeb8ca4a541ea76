import { systemClock } from "@im-sdk/contracts";
import { type JetStreamClient, type JetStreamManager, jetstream } from "@nats-io/jetstream";
import { type ObjectInfo, Objm } from "@nats-io/obj";
import { nanos } from "@nats-io/transport-node";
import { isApiError } from "../api-error.ts";
import type { NatsLink } from "../nats-link.ts";
import { inTime, tryServers } from "../try-servers.ts";
import type { NatsAudioStoreOptions } from "./nats-audio-store-options.ts";

/** What an object's metadata message says; see NATS ADR-20. */
export type ObjectFacts = Omit<ObjectInfo, "revision" | "headers">;

/** One piece of an object, and its place in the stream. */
export interface ObjectChunk {
  readonly data: Uint8Array;
  readonly sequence: number;
}

/** As other clients of NATS have it. */
const maxChunkBytes = 128 * 1024;

/** The object store as NATS keeps it: a stream of chunks and facts. */
export class AudioBucket {
  /** The most bytes that a chunk may have. */
  readonly maxChunkBytes: number;
  readonly #js: JetStreamClient;
  readonly #jsm: JetStreamManager;
  readonly #options: Required<NatsAudioStoreOptions>;
  /** Names of objects that are not wanted, by nuid. */
  readonly #leftBehind = new Map<string, string>();

  static async open(link: NatsLink, options: Required<NatsAudioStoreOptions>): Promise<AudioBucket> {
    // Whether there is a JetStream only the leader of a cluster says, and an upload needs none.
    const { connection } = link;
    const js = jetstream(connection, { timeout: options.requestTimeoutMs, checkAPI: false });
    const maxPayload = connection.info?.max_payload ?? maxChunkBytes;
    const bucket = new AudioBucket(js, await js.jetstreamManager(), options, maxPayload);
    await tryServers(link, (timeoutMs) => inTime(systemClock, bucket.create(), timeoutMs));
    return bucket;
  }

  private constructor(
    js: JetStreamClient,
    jsm: JetStreamManager,
    options: Required<NatsAudioStoreOptions>,
    maxPayload: number,
  ) {
    this.maxChunkBytes = Math.min(maxChunkBytes, maxPayload);
    this.#js = js;
    this.#jsm = jsm;
    this.#options = options;
  }

  get name(): string {
    return this.#options.bucket;
  }

  /** Makes the object store unless it is there; then removes what could not be removed before. */
  async create(): Promise<void> {
    const { bucket, maxAgeMs, maxTotalBytes, replicas } = this.#options;
    await new Objm(this.#js).create(bucket, {
      replicas,
      ...(maxAgeMs === Infinity ? {} : { ttl: nanos(maxAgeMs) }),
      ...(maxTotalBytes === Infinity ? {} : { max_bytes: maxTotalBytes }),
    });
    for (const [nuid, name] of this.#leftBehind) await this.remove(name, nuid).catch(() => {});
  }

  async addChunk(nuid: string, chunk: Uint8Array): Promise<void> {
    await this.#js.publish(this.#chunksOf(nuid), chunk);
  }

  /** The object can be found from now on. */
  async addFacts(facts: ObjectFacts): Promise<void> {
    await this.#js.publish(this.#factsOf(facts.name), JSON.stringify(facts));
  }

  /** Removes an object, whole or not; what fails is made good by {@link create}. */
  async remove(name: string, nuid: string): Promise<void> {
    this.#leftBehind.set(nuid, name);
    for (const filter of [this.#factsOf(name), this.#chunksOf(nuid)]) {
      await this.#jsm.streams.purge(this.#stream, { filter });
    }
    this.#leftBehind.delete(nuid);
  }

  /** Undefined when there is no object of that name, or no object store. */
  async facts(name: string): Promise<ObjectFacts | undefined> {
    const message = await this.#find({ last_by_subj: this.#factsOf(name) });
    const facts = message?.json<ObjectFacts>();
    return facts?.deleted === false ? facts : undefined;
  }

  /** The object's first chunk from a place in the stream on. */
  async chunk(nuid: string, from: number): Promise<ObjectChunk | undefined> {
    const query = { next_by_subj: this.#chunksOf(nuid), seq: from };
    // The nearest copy may not have it yet; the leader knows.
    const message = (await this.#jsm.direct.getMessage(this.#stream, query)) ?? (await this.#find(query));
    return message === undefined ? undefined : { data: message.data, sequence: message.seq };
  }

  async #find(query: Parameters<JetStreamManager["streams"]["getMessage"]>[1]) {
    try {
      return (await this.#jsm.streams.getMessage(this.#stream, query)) ?? undefined;
    } catch (error) {
      if (isApiError(error, "streamNotFound")) return undefined;
      throw error;
    }
  }

  get #stream(): string {
    return `OBJ_${this.name}`;
  }

  #chunksOf(nuid: string): string {
    return `$O.${this.name}.C.${nuid}`;
  }

  /** Base64 with padding, as all clients of NATS write names. */
  #factsOf(name: string): string {
    const encoded = Buffer.from(name).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
    return `$O.${this.name}.M.${encoded}`;
  }
}
