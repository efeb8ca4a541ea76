import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { MessageResponseSchema } from "@im-sdk/gen";
import { MemoryRoomLog } from "../log/memory-room-log.ts";
import type { Appended, RoomLog } from "../log/room-log.ts";
import { resolveRetention } from "../options/retention.ts";
import { resolveRoomOptions } from "../options/room-options.ts";
import { FakeClock } from "../test-kit/fake-clock.ts";
import { Room } from "./room.ts";

const clock = new FakeClock();
const memory = new MemoryRoomLog({ retention: resolveRetention(), clock });
const appended: Appended = { epoch: "e", sequence: 1n, timestampMs: 0, duplicate: false };
const message = () => create(MessageResponseSchema);

function roomOn(append: RoomLog["append"]): Room {
  const log: RoomLog = {
    append,
    read: (range) => memory.read(range),
    head: () => memory.head(),
    follow: (listener) => memory.follow(listener),
    setTtlMs() {},
    prune() {},
    close() {},
  };
  return new Room({ id: "r", log, options: resolveRoomOptions("room"), clock });
}

test("messages go to the log in the order of the calls, without waiting for its answers", () => {
  const keys: (string | undefined)[] = [];
  const room = roomOn((_message, key) => {
    keys.push(key);
    return new Promise(() => {});
  });
  for (const key of ["a", "b", "c"]) room.post(message(), key);
  assert.deepEqual(keys, ["a", "b", "c"]);
});

test("a room is not empty while any message is on its way into the log, and is once the last was stored or refused", async () => {
  const answers: PromiseWithResolvers<Appended>[] = [];
  const room = roomOn(() => {
    const answer = Promise.withResolvers<Appended>();
    answers.push(answer);
    return answer.promise;
  });
  const posts = [1, 2, 3].map(() => Promise.resolve(room.post(message(), undefined)));
  const settled = Promise.allSettled(posts);
  answers[0]?.resolve(appended);
  answers[1]?.reject(new Error("the disk is full"));
  await Promise.allSettled(posts.slice(0, 2));
  assert.equal(room.isEmpty, false);
  answers[2]?.resolve(appended);
  assert.deepEqual(
    (await settled).map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled"],
  );
  assert.equal(room.isEmpty, true);
});

test("a log that answers at once leaves the room empty, also when it throws", () => {
  const room = roomOn(() => appended);
  assert.equal(room.post(message(), undefined), appended);
  assert.equal(room.isEmpty, true);
  const broken = roomOn(() => {
    throw new Error("no");
  });
  assert.throws(() => broken.post(message(), undefined), /no/);
  assert.equal(broken.isEmpty, true);
});
