import { toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type MessageResponse, MessageResponseSchema } from "@im-sdk/gen";
import { type Appended, type LogEntry, messageBytes } from "@im-sdk/server";
import type { Change } from "./level-database.ts";
import type { RoomKeys } from "./room-keys.ts";
import { encodeIndex } from "./room-records.ts";
import type { RoomState, Standing } from "./room-state.ts";

/** A message that is to be stored. */
export interface Post {
  readonly message: MessageResponse;
  readonly duplicateKey: string | undefined;
}

/** One batch: what to write, and what to say and remember once it is written. */
export interface BatchPlan {
  readonly changes: readonly Change[];
  /** The new messages, in order. */
  readonly entries: readonly (LogEntry & { readonly storedAtMs: number })[];
  /** For every post, in their order. */
  readonly answers: readonly Appended[];
  /** Where the room stands then. */
  readonly standing: Omit<Standing, "indexFloor">;
}

/**
 * Gives posts their positions, and says by which changes they are stored; the old messages that the batches before it have
 * pushed out are deleted by it too. The room's record is left to the caller. Of the state only the ids are touched: when the
 * batch fails, the room is to be loaded anew.
 */
export function planBatch(keys: RoomKeys, state: RoomState, posts: readonly Post[], nowMs: number): BatchPlan {
  const { epoch, duplicates, floor } = state;
  const changes: Change[] = [];
  const entries: BatchPlan["entries"][number][] = [];
  const answers: Appended[] = [];
  const timestamp = timestampFromMs(nowMs);
  let { head } = state;
  for (const { message, duplicateKey } of posts) {
    const { fromUserId: userId } = message;
    const first = duplicateKey === undefined ? undefined : duplicates.find(userId, duplicateKey, nowMs, floor);
    if (first !== undefined) {
      answers.push({ epoch, ...first, duplicate: true });
      continue;
    }
    message.epoch = epoch;
    message.previousSequence = head;
    message.sequence = ++head;
    message.timestamp = timestamp;
    const bytes = messageBytes(message);
    const origin = duplicateKey === undefined ? undefined : { userId, id: duplicateKey };
    const answer = { epoch, sequence: head, timestampMs: nowMs, duplicate: false };
    if (origin !== undefined) duplicates.remember(userId, origin.id, answer);
    const { buffer, byteOffset, byteLength } = toBinary(MessageResponseSchema, message);
    changes.push({ key: keys.message(head), value: Buffer.from(buffer, byteOffset, byteLength) });
    changes.push({ key: keys.index(head), value: encodeIndex({ storedAtMs: nowMs, bytes, origin }) });
    entries.push({ message, bytes, storedAtMs: nowMs });
    answers.push(answer);
  }
  for (let gone = state.deletedTo + 1n; gone <= floor; gone += 1n) changes.push({ key: keys.message(gone) });
  const lastStoredAtMs = entries.length > 0 ? nowMs : state.lastStoredAtMs;
  return { changes, entries, answers, standing: { head, floor, lastStoredAtMs } };
}
