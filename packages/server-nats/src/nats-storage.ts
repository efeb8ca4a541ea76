import { setTimeout as delay } from "node:timers/promises";
import { systemClock } from "@im-sdk/contracts";
import type { AudioStore, RoomLog, RoomLogOptions, ServerStorage } from "@im-sdk/server";
import type { NatsConnection } from "@nats-io/transport-node";
import { AppendBudget } from "./append-budget.ts";
import { createNatsAudioStore } from "./audio/nats-audio-store.ts";
import { connectNats } from "./connect-nats.ts";
import { CreationLock } from "./creation-lock.ts";
import { NatsLink } from "./nats-link.ts";
import { NatsRoomLog } from "./nats-room-log.ts";
import {
  type NatsStorageOptions,
  type ResolvedNatsOptions,
  resolveNatsStorageOptions,
} from "./nats-storage-options.ts";
import { createNatsPresence, type NatsPresence } from "./presence/nats-presence.ts";
import { findStream, roomNames } from "./room-stream.ts";
import { isSingleServer, raiseReplicas, replicasRefusal } from "./stream-replicas.ts";

/** How long a cluster may take at the start to have leaders for all that is needed, and how soon it is asked again. */
const patienceMs = 20_000;
const tryAgainMs = 200;

/**
 * Connects to a NATS with JetStream, in which any number of servers share their rooms, who is in them, and recordings. Rejects with
 * a TypeError for a wrong option, and with an error that names the servers when there is no NATS, it lets nobody in, has no
 * JetStream, or cannot keep as many copies as `replicas` says. The server closes it.
 */
export async function natsStorage(options: NatsStorageOptions = {}): Promise<ServerStorage> {
  const resolved = resolveNatsStorageOptions(options);
  const connection = await connectNats(resolved);
  try {
    const { prefix, replicas, audio, presence } = resolved;
    const link = await patiently(connection, () => NatsLink.open(connection));
    const lock = new CreationLock({ link, clock: systemClock, bucket: `${prefix}_locks`, replicas });
    return await patiently(connection, async () => {
      for (const stream of [`OBJ_${prefix}_audio`, `KV_${prefix}_presence`, `KV_${prefix}_locks`]) {
        await raiseReplicas(link, stream, replicas);
      }
      if (link.isClustered) await lock.prepare();
      const common = { replicas, bucket: `${prefix}_audio` };
      const audioStore = audio === false ? undefined : await createNatsAudioStore(link, { ...audio, ...common });
      const shared = await createNatsPresence(link, { ...presence, replicas, bucket: `${prefix}_presence` });
      return new NatsStorage({ link, lock, options: resolved, presence: shared, audioStore });
    });
  } catch (cause) {
    await connection.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    const what = replicasRefusal(cause, resolved.replicas) ?? `cannot keep rooms: ${reason}`;
    throw new Error(`NATS at ${resolved.servers.join(", ")} ${what}`, { cause });
  }
}

/** Tries again what fails in a cluster for a while: none of its servers may lead at the moment, or some may still be starting. */
async function patiently<T>({ info }: NatsConnection, attempt: () => Promise<T>): Promise<T> {
  for (const endMs = performance.now() + patienceMs; ; await delay(tryAgainMs)) {
    try {
      return await attempt();
    } catch (error) {
      const isOver = info?.cluster === undefined || performance.now() > endMs;
      if (isOver || isSingleServer(error)) throw error;
    }
  }
}

interface NatsStorageParts {
  readonly link: NatsLink;
  readonly lock: CreationLock;
  readonly options: ResolvedNatsOptions;
  readonly presence: NatsPresence;
  readonly audioStore: AudioStore | undefined;
}

class NatsStorage implements ServerStorage {
  readonly presence: NatsPresence;
  readonly audioStore?: AudioStore;
  readonly #parts: NatsStorageParts;
  readonly #budget: AppendBudget;
  readonly #open = new Map<NatsRoomLog, PromiseWithResolvers<void>>();
  #closed: Promise<void> | undefined;

  constructor(parts: NatsStorageParts) {
    const { presence, audioStore, options } = parts;
    this.presence = presence;
    if (audioStore !== undefined) this.audioStore = audioStore;
    this.#parts = parts;
    this.#budget = new AppendBudget({ maxMessages: options.maxWaitingMessages, maxBytes: options.maxWaitingBytes });
  }

  openLog(roomId: string, options: RoomLogOptions): RoomLog {
    const { link, lock } = this.#parts;
    const { servers, prefix, replicas, appendTimeoutMs } = this.#parts.options;
    if (this.#closed !== undefined) throw new Error(`the storage in NATS at ${servers.join(", ")} is closed`);
    const log: NatsRoomLog = new NatsRoomLog({
      link,
      lock,
      prefix,
      replicas,
      appendTimeoutMs,
      budget: this.#budget,
      roomId,
      options,
      onClosed: () => {
        this.#open.get(log)?.resolve();
        this.#open.delete(log);
      },
    });
    this.#open.set(log, Promise.withResolvers());
    return log;
  }

  async hasLog(roomId: string): Promise<boolean> {
    const { link, options } = this.#parts;
    return (await findStream(link, roomNames(options.prefix, roomId).stream)) !== undefined;
  }

  watchAvailability(listener: (isAvailable: boolean) => void): () => void {
    return this.presence.watchAvailability(listener);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const leaving = [...this.#open.values()].map(({ promise }) => promise);
    for (const log of [...this.#open.keys()]) log.close();
    await Promise.all([...leaving, this.presence.close()]);
    await this.#parts.link.close();
  }
}
