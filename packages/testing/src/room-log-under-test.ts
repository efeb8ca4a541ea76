import type { Clock } from "@im-sdk/contracts";
import type { MessageResponse } from "@im-sdk/gen";

// The part of @im-sdk/server's RoomLog that the suite goes by. It is written down once more here because the server's own tests
// use this package: it cannot need the server in turn. That the two fit together is checked where the suite is used.

/** See `LogEntry` of `@im-sdk/server`. */
export interface TestedLogEntry {
  readonly message: MessageResponse;
  readonly bytes: number;
}

/** See `Appended` of `@im-sdk/server`. */
export interface TestedPosition {
  readonly epoch: string;
  readonly sequence: bigint;
  readonly timestampMs: number;
  readonly duplicate: boolean;
}

/** See `LogHead` of `@im-sdk/server`. */
export interface TestedHead {
  readonly epoch: string;
  readonly sequence: bigint;
  readonly floor: bigint;
  readonly messageCount: number;
  readonly createdAtMs: number;
  readonly lastStoredAtMs: number | undefined;
}

/** See `RoomLog` of `@im-sdk/server`. */
export interface TestedRoomLog {
  append(message: MessageResponse, duplicateKey: string | undefined): TestedPosition | Promise<TestedPosition>;
  read(range: {
    readonly after: bigint;
    readonly before?: bigint;
    readonly limit: number;
  }): readonly TestedLogEntry[] | Promise<readonly TestedLogEntry[]>;
  head(): TestedHead | Promise<TestedHead>;
  follow(listener: (entry: TestedLogEntry) => void): () => void;
  setTtlMs(ttlMs: number): void;
  prune(): void;
  close(): void;
}

/** See `RoomLogOptions` of `@im-sdk/server`. */
export interface TestedRoomLogOptions {
  readonly retention: {
    readonly maxMessages: number;
    readonly maxBytes: number;
    readonly ttlMs: number;
    readonly duplicateWindowMs: number;
    readonly maxDuplicateIds: number;
  };
  readonly clock: Clock;
  readonly logger: Record<"error" | "warn" | "info" | "debug", (message: string) => void>;
}
