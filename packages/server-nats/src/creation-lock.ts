import type { Clock } from "@im-sdk/contracts";
import { jetstream, StorageType } from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import pLimit, { type LimitFunction } from "p-limit";
import { isApiError } from "./api-error.ts";
import type { NatsLink } from "./nats-link.ts";
import { inTime, tryServers } from "./try-servers.ts";

/** How long what a server that died had taken stays taken. */
const lockMs = 5_000;

const streamsAtATime = 64;

/** How long NATS may take to answer one request; for a bucket that nobody leads yet there is no answer. */
const requestTimeoutMs = 2_000;
const answerMs = 1_000;

/** What a {@link CreationLock} is made of. */
export interface CreationLockParts {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly bucket: string;
  readonly replicas: number;
}

/**
 * Who makes a stream: one server at a time. When two ask a cluster for the same stream at the same moment it takes both, and the
 * settings of the second replace those of the first, which has been told that they hold.
 */
export class CreationLock {
  /** Has streams made, so many at a time: of thousands at once none would be there in time. */
  readonly inTurn: LimitFunction = pLimit(streamsAtATime);
  readonly #parts: CreationLockParts;
  #kv: Promise<KV> | undefined;

  constructor(parts: CreationLockParts) {
    this.#parts = parts;
  }

  /** Makes what it needs, which takes a moment; else that is done when it is first taken. */
  async prepare(): Promise<void> {
    await this.#open();
  }

  /** Resolves with what gives it back; with undefined while another server has it. Rejects when NATS does not answer. */
  async take(stream: string): Promise<(() => Promise<void>) | undefined> {
    const { link, clock } = this.#parts;
    const kv = await this.#open();
    let revision: number;
    try {
      revision = await inTime(clock, link.call(kv.create(stream, link.name)), answerMs);
    } catch (error) {
      if (isApiError(error, "conflict")) return undefined;
      // The bucket may be lost, with the data of NATS.
      this.#kv = undefined;
      throw error;
    }
    // Not that of another server, which has it by now when this one was frozen.
    return () => link.call(kv.delete(stream, { previousSeq: revision }));
  }

  #open(): Promise<KV> {
    const { link, clock, bucket, replicas } = this.#parts;
    const buckets = new Kvm(jetstream(link.connection, { timeout: requestTimeoutMs, checkAPI: false }));
    const open = () => link.call(buckets.create(bucket, { replicas, ttl: lockMs, storage: StorageType.Memory }));
    this.#kv ??= tryServers(link, (timeoutMs) => inTime(clock, open(), timeoutMs)).catch((error: unknown) => {
      this.#kv = undefined;
      throw error;
    });
    return this.#kv;
  }
}
