import type { AudioStore, RoomLog, RoomLogOptions, ServerStorage } from "@im-sdk/server";
import { AppendBudget } from "./append-budget.ts";
import { createNatsAudioStore } from "./audio/nats-audio-store.ts";
import { connectNats } from "./connect-nats.ts";
import { NatsLink } from "./nats-link.ts";
import { NatsRoomLog } from "./nats-room-log.ts";
import {
  type NatsStorageOptions,
  type ResolvedNatsOptions,
  resolveNatsStorageOptions,
} from "./nats-storage-options.ts";
import { createNatsPresence, type NatsPresence } from "./presence/nats-presence.ts";
import { findStream, roomNames } from "./room-stream.ts";
import { raiseReplicas, replicasRefusal } from "./stream-replicas.ts";

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
    const link = await NatsLink.open(connection);
    if (audio !== false) await raiseReplicas(link, `OBJ_${prefix}_audio`, replicas);
    await raiseReplicas(link, `KV_${prefix}_presence`, replicas);
    const common = { replicas, bucket: `${prefix}_audio` };
    const audioStore = audio === false ? undefined : await createNatsAudioStore(connection, { ...audio, ...common });
    const shared = await createNatsPresence(link, { ...presence, replicas, bucket: `${prefix}_presence` });
    return new NatsStorage(link, resolved, shared, audioStore);
  } catch (cause) {
    await connection.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    const what = replicasRefusal(cause, resolved.replicas) ?? `has no JetStream for us: ${reason}`;
    throw new Error(`NATS at ${resolved.servers.join(", ")} ${what}`, { cause });
  }
}

class NatsStorage implements ServerStorage {
  readonly presence: NatsPresence;
  readonly audioStore?: AudioStore;
  readonly #link: NatsLink;
  readonly #options: ResolvedNatsOptions;
  readonly #budget: AppendBudget;
  readonly #open = new Map<NatsRoomLog, PromiseWithResolvers<void>>();
  #closed: Promise<void> | undefined;

  constructor(link: NatsLink, options: ResolvedNatsOptions, presence: NatsPresence, audioStore?: AudioStore) {
    this.presence = presence;
    if (audioStore !== undefined) this.audioStore = audioStore;
    this.#link = link;
    this.#options = options;
    this.#budget = new AppendBudget({ maxMessages: options.maxWaitingMessages, maxBytes: options.maxWaitingBytes });
  }

  openLog(roomId: string, options: RoomLogOptions): RoomLog {
    if (this.#closed !== undefined)
      throw new Error(`the storage in NATS at ${this.#options.servers.join(", ")} is closed`);
    const { prefix, replicas, appendTimeoutMs } = this.#options;
    const log: NatsRoomLog = new NatsRoomLog({
      link: this.#link,
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
    return (await findStream(this.#link, roomNames(this.#options.prefix, roomId).stream)) !== undefined;
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
    await this.#link.close();
  }
}
