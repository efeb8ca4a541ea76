import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { MessageRequestSchema, MessageResponseSchema, MessageType } from "@im-sdk/gen";
import fc from "fast-check";
import { ScannedRequest } from "./scanned-request.ts";
import { writeVarint } from "./varint.ts";

const requests = fc
  .record({
    messageId: fc.string(),
    userId: fc.string(),
    roomId: fc.string(),
    type: fc.constantFrom(MessageType.UNSPECIFIED, MessageType.TEXT, MessageType.HEARTBEAT),
    content: fc.uint8Array({ maxLength: 300 }),
    metadata: fc.dictionary(fc.stringMatching(/^[a-z]+$/), fc.string()),
    ackRequired: fc.boolean(),
  })
  .map((fields) => create(MessageRequestSchema, fields));

test("what an echo gives back of a request is the same in a response", () => {
  fc.assert(
    fc.property(requests, (request) => {
      const bytes = Buffer.from(toBinary(MessageRequestSchema, request));
      const scanned = new ScannedRequest();
      scanned.scan(bytes);
      const { messageId, fromUserId, roomId, type, content } = fromBinary(
        MessageResponseSchema,
        bytes.subarray(0, scanned.end),
      );
      assert.deepEqual(
        [messageId, fromUserId, roomId, type, Buffer.from(content)],
        [request.messageId, request.userId, request.roomId, request.type, Buffer.from(request.content)],
      );
      assert.equal(scanned.type, request.type);
      const id = fromBinary(MessageRequestSchema, bytes.subarray(0, scanned.idEnd));
      const room = fromBinary(MessageRequestSchema, bytes.subarray(scanned.roomStart, scanned.roomEnd));
      assert.deepEqual([id.messageId, room.roomId], [request.messageId, request.roomId]);
    }),
  );
});

test("a varint up to 2^53 reads as what was written", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const bytes = Buffer.alloc(16);
      bytes.set([0xa0, 0x06]);
      const end = writeVarint(bytes, 2, value);
      assert.equal(fromBinary(MessageResponseSchema, bytes.subarray(0, end)).sequence, BigInt(value));
    }),
  );
});
