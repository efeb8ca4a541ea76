import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient, createRouterTransport, type ServiceImpl } from "@connectrpc/connect";
import { IMService, type JoinRoomRequest } from "@im-sdk/gen";
import type { Connection } from "../connection/connection.ts";
import type { Link } from "../connection/link.ts";
import { createRoutedTransport } from "../connection/routed-transport.ts";
import { JoinedRooms } from "../delivery/joined-rooms.ts";
import { RoomPositions } from "../delivery/room-positions.ts";
import { incoming } from "../test-kit/frames.ts";
import { hasCode } from "../test-kit/has-code.ts";
import { RoomCalls } from "./room-calls.ts";

function setup(implementation: Partial<ServiceImpl<typeof IMService>> = {}) {
  const joins: JoinRoomRequest[] = [];
  const base = createRouterTransport(({ service }) => {
    service(IMService, {
      joinRoom(request) {
        joins.push(request);
        return { roomInfo: { roomId: request.roomId }, head: { epoch: "e", sequence: 7n } };
      },
      leaveRoom: () => ({}),
      getRoomInfo: ({ roomId, userId }) => ({ roomInfo: { roomId }, users: [{ userId }] }),
      ...implementation,
    });
  });
  const connection = { state: "connected", link: { base } as Link | undefined };
  const positions = new RoomPositions({ onGap() {} });
  const rooms = new JoinedRooms({ userId: "ann", positions, onLost() {} });
  const service = createClient(
    IMService,
    createRoutedTransport(async () => connection.link ?? ({ base } as Link)),
  );
  const calls = new RoomCalls({
    userId: "ann",
    service,
    connection: connection as Connection,
    rooms,
    positions,
    requestTimeoutMs: 5_000,
  });
  return { base, calls, connection: connection as { state: string; link: Link | undefined }, joins, positions, rooms };
}

test("a join is remembered with its metadata and where the room begins, and gives the reply", async () => {
  const { calls, joins, positions, rooms } = setup();
  const reply = await calls.join("r", { client: "docs" }, {});
  assert.equal(reply.roomInfo?.roomId, "r");
  assert.deepEqual([joins[0]?.userId, joins[0]?.metadata], ["ann", { client: "docs" }]);
  assert.deepEqual([rooms.ids, rooms.metadataOf("r")], [["r"], { client: "docs" }]);
  assert.deepEqual(positions.get("r"), { epoch: "e", sequence: 7n });
});

test("a refusal in the body of a reply is an error, and the room is not joined", async () => {
  const status = { code: 8, message: "the room is full" };
  const { calls, rooms } = setup({
    joinRoom: () => ({ status }),
    leaveRoom: () => ({ status }),
    getRoomInfo: () => ({ status }),
  });
  const error = hasCode("resource_exhausted", "the room is full");
  await assert.rejects(calls.join("r", {}, {}), error);
  assert.deepEqual(rooms.ids, []);
  await assert.rejects(calls.leave("r", {}), error);
  await assert.rejects(calls.info("r", {}), error);
});

test("200 in the body is a success, as some services have it", async () => {
  const { calls, rooms } = setup({ joinRoom: () => ({ status: { code: 200, message: "OK" } }) });
  await calls.join("r", {}, {});
  assert.deepEqual(rooms.ids, ["r"]);
});

test("a join whose link was replaced meanwhile is made again on the new one", async () => {
  const state = setup({
    joinRoom(request) {
      state.joins.push(request);
      if (state.joins.length === 1) state.connection.link = { base: state.base } as Link;
      return {};
    },
  });
  await state.calls.join("r", {}, {});
  assert.deepEqual([state.joins.length, state.rooms.ids], [2, ["r"]]);
});

test("a join whose link was lost meanwhile is left to reconnecting", async () => {
  const state = setup({
    joinRoom(request) {
      state.joins.push(request);
      Object.assign(state.connection, { state: "reconnecting", link: undefined });
      return {};
    },
  });
  await state.calls.join("r", {}, {});
  assert.deepEqual([state.joins.length, state.rooms.ids], [1, ["r"]]);
});

test("a room that was left and is joined again begins anew, whatever came late in between", async () => {
  const { calls, positions } = setup();
  await calls.join("r", {}, {});
  await calls.leave("r", {});
  assert.equal(positions.get("r"), undefined);
  positions.advance(incoming("late", { epoch: "e", sequence: 3n }));
  await calls.join("r", {}, {});
  assert.deepEqual(positions.get("r"), { epoch: "e", sequence: 7n });
});

test("joining a joined room again does not skip what is still on its way in the stream", async () => {
  const { calls, positions } = setup();
  await calls.join("r", {}, {});
  positions.forget("r");
  positions.advance(incoming("m", { epoch: "e", sequence: 5n }));
  await calls.join("r", {}, {});
  assert.ok(positions.advance(incoming("n", { epoch: "e", sequence: 6n, previousSequence: 5n })));
});

test("leaving forgets the room before the call, and even when that fails", async () => {
  const { calls, rooms } = setup({
    leaveRoom: () => {
      assert.deepEqual(rooms.ids, []);
      return { status: { code: 14 } };
    },
  });
  await calls.join("r", {}, {});
  await assert.rejects(calls.leave("r", {}), hasCode("unavailable", "leaving r"));
  assert.deepEqual(rooms.ids, []);
});

test("joining again after a reconnect uses the metadata of the first join", async () => {
  const { calls, joins } = setup();
  await calls.join("r", { client: "docs" }, {});
  await calls.rejoin("r");
  assert.deepEqual(joins[1]?.metadata, { client: "docs" });
});

test("a look at a room gives its users; ids and deadlines are checked", async () => {
  const { calls } = setup();
  assert.equal((await calls.info("r", {})).users[0]?.userId, "ann");
  for (const call of [calls.join("", {}, {}), calls.leave("", {}), calls.info("", {})]) {
    await assert.rejects(call, hasCode("invalid_argument", "roomId"));
  }
  await assert.rejects(calls.info("r", { timeoutMs: -1 }), hasCode("invalid_argument", "timeoutMs"));
  await assert.rejects(calls.join("r", {}, { signal: AbortSignal.abort() }), hasCode("canceled", "joining r"));
});
