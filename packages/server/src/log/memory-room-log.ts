import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Clock } from "@im-sdk/contracts";
import type { MessageResponse } from "@im-sdk/gen";
import { v4 as uuid } from "uuid";
import type { ResolvedRetention } from "../options/retention.ts";
import { DuplicateWindow } from "./duplicate-window.ts";
import { messageBytes } from "./message-bytes.ts";
import type { Appended, LogEntry, LogHead, LogRange, RoomLog, RoomLogOptions } from "./room-log.ts";

interface StoredEntry extends LogEntry {
  readonly storedAtMs: number;
}

/** A room's log in memory: sequences go up by one, the oldest messages leave when a bound of the retention is reached. */
export class MemoryRoomLog implements RoomLog {
  readonly #clock: Clock;
  readonly #retention: ResolvedRetention;
  readonly #epoch = uuid();
  readonly #duplicates: DuplicateWindow;
  readonly #listeners = new Set<(entry: LogEntry) => void>();
  readonly #createdAtMs: number;
  #lastStoredAtMs: number | undefined;
  #ttlMs: number;
  // Entries before `#first` have left; they are cut off in bulk, since shift() on a long array is slow.
  #entries: (StoredEntry | undefined)[] = [];
  #first = 0;
  #bytes = 0;
  #head = 0n;

  constructor({ retention, clock }: Pick<RoomLogOptions, "retention" | "clock">) {
    this.#retention = retention;
    this.#clock = clock;
    this.#createdAtMs = clock.now();
    this.#ttlMs = retention.ttlMs;
    this.#duplicates = new DuplicateWindow({
      windowMs: retention.duplicateWindowMs,
      maxIdsPerUser: retention.maxDuplicateIds,
    });
  }

  append(message: MessageResponse, duplicateKey: string | undefined): Appended {
    const timestampMs = this.#clock.now();
    this.#dropExpired(timestampMs);
    const user = message.fromUserId;
    const first =
      duplicateKey === undefined ? undefined : this.#duplicates.find(user, duplicateKey, timestampMs, this.#floor);
    if (first !== undefined) return { epoch: this.#epoch, ...first, duplicate: true };

    message.epoch = this.#epoch;
    message.previousSequence = this.#head;
    message.sequence = ++this.#head;
    message.timestamp = timestampFromMs(timestampMs);
    const entry = { message, bytes: messageBytes(message), storedAtMs: timestampMs };
    this.#lastStoredAtMs = timestampMs;
    this.#entries.push(entry);
    this.#bytes += entry.bytes;

    const appended = { epoch: this.#epoch, sequence: this.#head, timestampMs, duplicate: false };
    if (duplicateKey !== undefined) this.#duplicates.remember(user, duplicateKey, appended);
    this.#dropOverfull();
    for (const listener of this.#listeners) listener(entry);
    return appended;
  }

  read({ after, before, limit }: LogRange): readonly LogEntry[] {
    this.#dropExpired(this.#clock.now());
    const floor = this.#floor;
    const start = after > floor ? Number(after - floor) : 0;
    const kept = this.#entries.length - this.#first;
    const end = before === undefined || before > this.#head ? kept : Number(before - floor) - 1;
    const from = this.#first + Math.min(start, kept);
    const to = this.#first + Math.min(start + limit, Math.max(end, 0));
    return this.#entries.slice(from, to) as StoredEntry[];
  }

  head(): LogHead {
    this.#dropExpired(this.#clock.now());
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
    this.#ttlMs = ttlMs;
  }

  prune(): void {
    const nowMs = this.#clock.now();
    this.#dropExpired(nowMs);
    this.#duplicates.prune(nowMs, this.#floor);
  }

  close(): void {
    this.#listeners.clear();
  }

  get #floor(): bigint {
    return this.#head - BigInt(this.#entries.length - this.#first);
  }

  #oldest(): StoredEntry | undefined {
    return this.#entries[this.#first];
  }

  #dropExpired(nowMs: number): void {
    for (let oldest = this.#oldest(); oldest !== undefined; oldest = this.#oldest()) {
      if (nowMs - oldest.storedAtMs < this.#ttlMs) return;
      this.#dropOldest(oldest);
    }
  }

  #dropOverfull(): void {
    for (;;) {
      const kept = this.#entries.length - this.#first;
      const overfull = kept > this.#retention.maxMessages || this.#bytes > this.#retention.maxBytes;
      const oldest = this.#oldest();
      if (!overfull || kept <= 1 || oldest === undefined) return;
      this.#dropOldest(oldest);
    }
  }

  #dropOldest(oldest: StoredEntry): void {
    this.#bytes -= oldest.bytes;
    this.#entries[this.#first++] = undefined;
    if (this.#first >= 1024 && this.#first * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }
}
