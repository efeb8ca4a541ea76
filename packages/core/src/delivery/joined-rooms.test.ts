import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  JoinRoomRequestSchema,
  JoinRoomResponseSchema,
  type MessageRequest,
  type MessageResponse,
  MessageType,
} from "@im-sdk/gen";
import type { ImError } from "../im-error.ts";
import { incoming } from "../test-kit/frames.ts";
import type { Gap } from "./gap.ts";
import { JoinedRooms } from "./joined-rooms.ts";
import { RoomPositions } from "./room-positions.ts";

function setup() {
  const gaps: Gap[] = [];
  const lost: { roomId: string; error: ImError }[] = [];
  const positions = new RoomPositions({ onGap: (gap) => gaps.push(gap) });
  const rooms = new JoinedRooms({ userId: "ann", positions, onLost: (roomId, error) => lost.push({ roomId, error }) });
  rooms.add("r", { client: "docs" });
  return { gaps, lost, positions, rooms };
}

function answerTo(
  { messageId, roomId }: MessageRequest,
  response: MessageInitShape<typeof JoinRoomResponseSchema>,
): MessageResponse {
  const content = toBinary(JoinRoomResponseSchema, create(JoinRoomResponseSchema, response));
  return incoming(messageId, { roomId, type: MessageType.JOIN_ROOM, content });
}

test("a join frame carries who joins, with what metadata, and no cursor for a room that was not read", () => {
  const { rooms } = setup();
  const frame = rooms.joinFrame("r", false);
  assert.deepEqual([frame.type, frame.userId, frame.roomId], [MessageType.JOIN_ROOM, "ann", "r"]);
  assert.notEqual(frame.messageId, rooms.joinFrame("r", false).messageId);
  const request = fromBinary(JoinRoomRequestSchema, frame.content);
  assert.deepEqual([request.userId, request.roomId, request.metadata], ["ann", "r", { client: "docs" }]);
  assert.equal(request.cursor, undefined);
});

test("a join frame carries the cursor of a room that was read", () => {
  const { rooms, positions } = setup();
  positions.advance(incoming("m", { epoch: "e", sequence: 7n }));
  const { cursor } = fromBinary(JoinRoomRequestSchema, rooms.joinFrame("r", true).content);
  assert.deepEqual([cursor?.epoch, cursor?.sequence], ["e", 7n]);
});

test("the answer to a first join sets where the room begins", () => {
  const { rooms, positions, gaps } = setup();
  rooms.onFrame(answerTo(rooms.joinFrame("r", false), { head: { epoch: "e", sequence: 7n } }));
  assert.deepEqual(positions.get("r"), { epoch: "e", sequence: 7n });
  assert.deepEqual(gaps, []);
});

test("the answer to a join again without a cursor is a gap of unknown extent, and sets where the room goes on", () => {
  const { rooms, positions, gaps } = setup();
  rooms.onFrame(answerTo(rooms.joinFrame("r", true), { head: { epoch: "e", sequence: 7n } }));
  assert.deepEqual(gaps, [{ roomId: "r", reason: "no_cursor", after: undefined, upTo: undefined }]);
  assert.deepEqual(positions.get("r"), { epoch: "e", sequence: 7n });
});

test("the answer to a join with a cursor reports what could not be recovered", () => {
  const { rooms, positions, gaps } = setup();
  positions.advance(incoming("m", { epoch: "e", sequence: 7n }));
  rooms.onFrame(answerTo(rooms.joinFrame("r", true), { head: { epoch: "e", sequence: 9n }, recovered: true }));
  assert.deepEqual(gaps, []);
  rooms.onFrame(answerTo(rooms.joinFrame("r", true), { head: { epoch: "e", sequence: 9n } }));
  assert.deepEqual(gaps, [
    { roomId: "r", reason: "not_in_log", after: { epoch: "e", sequence: 7n }, upTo: { epoch: "e", sequence: 9n } },
  ]);
});

test("a refusal makes the room a lost one, and says why", () => {
  const { rooms, positions, lost } = setup();
  positions.advance(incoming("m", { epoch: "e", sequence: 7n }));
  rooms.onFrame(answerTo(rooms.joinFrame("r", true), { status: { code: 7, message: "banned" } }));
  assert.deepEqual([rooms.ids, positions.get("r")], [[], undefined]);
  assert.deepEqual(
    lost.map(({ roomId, error }) => [roomId, error.code]),
    [["r", "permission_denied"]],
  );
  assert.match(lost[0]?.error.message ?? "", /room r .*banned/);
});

test("an answer counts once, and one to nobody's question or without sense not at all", () => {
  const { rooms, positions, gaps, lost } = setup();
  const frame = rooms.joinFrame("r", true);
  const answer = answerTo(frame, { head: { epoch: "e", sequence: 7n } });
  rooms.onFrame(incoming(frame.messageId, { type: MessageType.JOIN_ROOM, content: new Uint8Array([0xff]) }));
  rooms.onFrame(incoming(frame.messageId, { type: MessageType.TEXT, content: answer.content }));
  rooms.onFrame({ ...answer, messageId: "another" });
  assert.deepEqual([gaps, positions.get("r")], [[], undefined]);
  rooms.onFrame(answer);
  rooms.onFrame(answer);
  assert.deepEqual([gaps.length, lost.length], [1, 0]);
});

test("the answer for a room that was left meanwhile changes nothing", () => {
  const { rooms, positions, lost } = setup();
  const [accepted, refused] = [rooms.joinFrame("r", false), rooms.joinFrame("r", false)];
  rooms.delete("r");
  rooms.onFrame(answerTo(accepted, { head: { epoch: "e", sequence: 7n } }));
  rooms.onFrame(answerTo(refused, { status: { code: 5 } }));
  assert.deepEqual([rooms.ids, positions.get("r"), lost], [[], undefined, []]);
});

test("answers to joins that were forgotten are not taken for those of later ones", () => {
  const { rooms, gaps } = setup();
  const joins = [rooms.joinFrame("r", true), rooms.joinFrame("r", true)] as const;
  rooms.forgetJoins([joins[0]]);
  rooms.onFrame(answerTo(joins[0], {}));
  assert.equal(gaps.length, 0);
  rooms.forgetPending();
  rooms.onFrame(answerTo(joins[1], {}));
  assert.equal(gaps.length, 0);
});

test("a room that cannot be joined again for the moment keeps its place, one that is forbidden does not", () => {
  for (const [code, isKept] of [
    [14, true],
    [8, true],
    [7, false],
  ] as const) {
    const { rooms, positions, lost } = setup();
    positions.advance(incoming("m", { epoch: "e", sequence: 7n }));
    rooms.onFrame(answerTo(rooms.joinFrame("r", true), { status: { code, message: "no" } }));
    assert.deepEqual([rooms.has("r"), lost.length, positions.isRestored("r")], [false, 1, isKept]);
    assert.deepEqual(positions.get("r"), isKept ? { epoch: "e", sequence: 7n } : undefined);
  }
});
