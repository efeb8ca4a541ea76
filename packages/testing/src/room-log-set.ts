import { create } from "@bufbuild/protobuf";
import { type MessageResponse, MessageResponseSchema, MessageType } from "@im-sdk/gen";
import { ManualClock } from "./manual-clock.ts";
import type { TestedLogEntry, TestedPosition, TestedRoomLog, TestedRoomLogOptions } from "./room-log-under-test.ts";

/** The store that a test is about; it has no room yet. */
export interface RoomLogSubject {
  openLog(roomId: string, options: TestedRoomLogOptions): TestedRoomLog;
  /** Stops the store and starts it anew, as another process would find it. What was opened before is closed. */
  restart?(): Promise<void>;
  /** Ends the store after the test. */
  dispose?(): Promise<void>;
}

/** Bounds that no test reaches by chance. */
const retention = {
  maxMessages: 10_000,
  maxBytes: 16 * 1024 * 1024,
  ttlMs: 24 * 60 * 60 * 1000,
  duplicateWindowMs: 15 * 60 * 1000,
  maxDuplicateIds: 100_000,
};

/** A store, and the clock that its logs go by. */
export class RoomLogSet {
  readonly clock = new ManualClock(Date.UTC(2026, 0, 1));
  readonly #subject: RoomLogSubject;

  constructor(subject: RoomLogSubject) {
    this.#subject = subject;
  }

  open(roomId = "r", bounds: Partial<TestedRoomLogOptions["retention"]> = {}): TestedRoomLog {
    const nobody = () => {};
    return this.#subject.openLog(roomId, {
      retention: { ...retention, ...bounds },
      clock: this.clock,
      logger: { error: nobody, warn: nobody, info: nobody, debug: nobody },
    });
  }

  /** Appends texts of one user, one after the other, each with itself as key. */
  async append(log: TestedRoomLog, ...texts: string[]): Promise<TestedPosition[]> {
    const positions: TestedPosition[] = [];
    for (const text of texts) positions.push(await log.append(messageOf(text), text));
    return positions;
  }

  async restart(): Promise<void> {
    if (this.#subject.restart === undefined) throw new Error('a log that is not "without restarts" needs a restart');
    await this.#subject.restart();
  }
}

export function messageOf(text: string, fromUserId = "alice"): MessageResponse {
  const content = new TextEncoder().encode(text);
  const fields = { messageId: text, fromUserId, roomId: "r", type: MessageType.TEXT, content, metadata: { k: "v" } };
  return create(MessageResponseSchema, fields);
}

export function textOf({ message }: TestedLogEntry): string {
  return new TextDecoder().decode(message.content);
}

export function textsOf(entries: readonly TestedLogEntry[]): string[] {
  return entries.map(textOf);
}
