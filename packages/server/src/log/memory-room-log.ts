import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Clock } from "@im-sdk/contracts";
import type { MessageResponse } from "@im-sdk/gen";
import { v4 as uuid } from "uuid";
import { DuplicateWindow } from "./duplicate-window.ts";
import { KeptEntries, type KeptEntry } from "./kept-entries.ts";
import { messageBytes } from "./message-bytes.ts";
import type { Appended, LogEntry, LogHead, LogRange, RoomLog, RoomLogOptions } from "./room-log.ts";

/** A room's log in memory: sequences go up by one, the oldest messages leave when a bound of the retention is reached. */
export class MemoryRoomLog implements RoomLog {
  readonly #clock: Clock;
  readonly #epoch = uuid();
  readonly #createdAtMs: number;
  readonly #kept: KeptEntries<LogEntry & KeptEntry>;
  readonly #duplicates: DuplicateWindow;
  readonly #listeners = new Set<(entry: LogEntry) => void>();
  #head = 0n;
  #lastStoredAtMs: number | undefined;

  constructor({ retention, clock }: Pick<RoomLogOptions, "retention" | "clock">) {
    this.#clock = clock;
    this.#createdAtMs = clock.now();
    this.#kept = new KeptEntries(retention);
    this.#duplicates = new DuplicateWindow({
      windowMs: retention.duplicateWindowMs,
      maxIdsPerUser: retention.maxDuplicateIds,
    });
  }

  append(message: MessageResponse, duplicateKey: string | undefined): Appended {
    const timestampMs = this.#dropExpired();
    const user = message.fromUserId;
    const first =
      duplicateKey === undefined ? undefined : this.#duplicates.find(user, duplicateKey, timestampMs, this.#floor);
    if (first !== undefined) return { epoch: this.#epoch, ...first, duplicate: true };

    message.epoch = this.#epoch;
    message.previousSequence = this.#head;
    message.sequence = ++this.#head;
    message.timestamp = timestampFromMs(timestampMs);
    this.#lastStoredAtMs = timestampMs;
    const entry = { message, bytes: messageBytes(message), storedAtMs: timestampMs };
    this.#kept.push(entry);

    const appended = { epoch: this.#epoch, sequence: this.#head, timestampMs, duplicate: false };
    if (duplicateKey !== undefined) this.#duplicates.remember(user, duplicateKey, appended);
    for (const listener of this.#listeners) listener(entry);
    return appended;
  }

  read({ after, before, limit }: LogRange): readonly LogEntry[] {
    this.#dropExpired();
    const floor = this.#floor;
    const from = after > floor ? Math.min(Number(after - floor), this.#kept.count) : 0;
    const end = before === undefined || before > this.#head ? this.#kept.count : Number(before - floor) - 1;
    return this.#kept.slice(from, Math.min(from + limit, Math.max(end, 0)));
  }

  head(): LogHead {
    this.#dropExpired();
    return {
      epoch: this.#epoch,
      sequence: this.#head,
      floor: this.#floor,
      messageCount: Number(this.#head),
      createdAtMs: this.#createdAtMs,
      lastStoredAtMs: this.#lastStoredAtMs,
    };
  }

  follow(listener: (entry: LogEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  setTtlMs(ttlMs: number): void {
    this.#kept.ttlMs = ttlMs;
  }

  prune(): void {
    this.#duplicates.prune(this.#dropExpired(), this.#floor);
  }

  close(): void {
    this.#listeners.clear();
  }

  get #floor(): bigint {
    return this.#head - BigInt(this.#kept.count);
  }

  /** Answers the time it went by. */
  #dropExpired(): number {
    const nowMs = this.#clock.now();
    this.#kept.dropExpired(nowMs);
    return nowMs;
  }
}
