import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { MessageResponseSchema } from "@im-sdk/gen";
import { Connection } from "../connection/connection.ts";
import { MemoryRoomLog } from "../log/memory-room-log.ts";
import { silentLogger } from "../logger.ts";
import { resolveRetention } from "../options/retention.ts";
import { resolveRoomOptions } from "../options/room-options.ts";
import { MemoryPresence } from "../presence/memory-presence.ts";
import { FakeClock } from "../test-kit/fake-clock.ts";
import { Memberships } from "./memberships.ts";
import { Rooms } from "./rooms.ts";

test("a join without a stream has made a room that is new, none that is open or that a storage has kept", async () => {
  const clock = new FakeClock();
  const retention = resolveRetention();
  const rooms = new Rooms({
    openLog(roomId, options) {
      const log = new MemoryRoomLog(options);
      if (roomId === "kept") log.append(create(MessageResponseSchema), undefined);
      return log;
    },
    hasLog: () => false,
    clock,
    logger: silentLogger,
    retention,
    maxRooms: 10,
    configured: new Map(),
    defaultRoom: resolveRoomOptions("room"),
  });
  const presence = new MemoryPresence();
  const now = () => clock.now();
  const memberships = new Memberships({ rooms, presence, logger: silentLogger, now, maxRoomsPerUser: 10 });
  const connection = new Connection();
  const created: boolean[] = [];
  for (const roomId of ["kept", "new", "new"]) {
    const intent = { roomId, nickname: "", cursor: undefined };
    created.push((await memberships.joinDetached(connection, "alice", intent)).created);
  }
  assert.deepEqual(created, [false, true, false]);
  memberships.endConnection(connection);
  rooms.close();
});
