import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { MessageResponseSchema } from "@im-sdk/gen";
import { Connection } from "../connection/connection.ts";
import { MemoryRoomLog } from "../log/memory-room-log.ts";
import { silentLogger } from "../logger.ts";
import { resolveLimits } from "../options/limits.ts";
import { resolveRetention } from "../options/retention.ts";
import { resolveRoomOptions } from "../options/room-options.ts";
import { MemoryPresence } from "../presence/memory-presence.ts";
import { ClientStream } from "../stream/client-stream.ts";
import { FakeClock } from "../test-kit/fake-clock.ts";
import { Memberships } from "./memberships.ts";
import { Rooms } from "./rooms.ts";

/** Memberships without any member, and the logs of the rooms that were opened. */
function startMemberships(t: TestContext) {
  const clock = new FakeClock();
  const logs = new Map<string, MemoryRoomLog>();
  const rooms = new Rooms({
    openLog(roomId, options) {
      const log = new MemoryRoomLog(options);
      logs.set(roomId, log);
      if (roomId === "kept") log.append(create(MessageResponseSchema), undefined);
      return log;
    },
    hasLog: () => false,
    clock,
    logger: silentLogger,
    retention: resolveRetention(),
    maxRooms: 10,
    configured: new Map(),
    defaultRoom: resolveRoomOptions("room"),
  });
  t.after(() => rooms.close());
  const presence = new MemoryPresence();
  const now = () => clock.now();
  const memberships = new Memberships({ rooms, presence, logger: silentLogger, now, maxRoomsPerUser: 10 });
  const stream = new ClientStream({
    capabilities: { ack: true, resume: true },
    connection: new Connection(),
    limits: resolveLimits(),
    clock,
    reset: undefined,
    onEnd() {},
  });
  stream.userId = "alice";
  return { memberships, stream, logs };
}

/** Two joins of one stream at the same moment; the log is slow to say to the first where it begins. */
async function joinTwice(t: TestContext) {
  const { memberships, stream, logs } = startMemberships(t);
  const told: bigint[] = [];
  t.mock.method(stream, "offer", ({ message }: Parameters<typeof stream.offer>[0]) => told.push(message.sequence) > 0);
  const intent = { roomId: "r", nickname: "", cursor: undefined };
  const first = memberships.join(stream, intent);
  const log = logs.get("r") ?? assert.fail();
  const head = log.head();
  const late = Promise.withResolvers<typeof head>();
  t.mock.method(log, "head", () => late.promise, { times: 1 });
  const second = memberships.join(stream, intent);
  const append = () => log.append(create(MessageResponseSchema), undefined);
  return { first, second, late, head, told, append };
}

test("a join without a stream has made a room that is new, none that is open or that a storage has kept", async (t) => {
  const { memberships } = startMemberships(t);
  const connection = new Connection();
  const created: boolean[] = [];
  for (const roomId of ["kept", "new", "new"]) {
    const intent = { roomId, nickname: "", cursor: undefined };
    created.push((await memberships.joinDetached(connection, "alice", intent)).created);
  }
  assert.deepEqual(created, [false, true, false]);
  memberships.endConnection(connection);
});

test("of two joins at the same moment the one that is answered first is in, and nothing comes twice", async (t) => {
  const { first, second, late, head, told, append } = await joinTwice(t);
  (await second).start();
  append();
  late.resolve({ ...head, sequence: 1n });
  (await first).start();
  append();
  assert.deepEqual(told, [1n, 2n]);
});

test("of two joins at the same moment one that fails ends the other unless that was answered", async (t) => {
  for (const isAnswered of [true, false]) {
    const { first, second, late, told, append } = await joinTwice(t);
    if (isAnswered) (await second).start();
    late.reject(new Error("NATS is away"));
    await assert.rejects(first, /NATS is away/);
    if (!isAnswered) await assert.rejects(second, { code: Code.Unavailable });
    append();
    assert.deepEqual(told, isAnswered ? [1n] : []);
  }
});
