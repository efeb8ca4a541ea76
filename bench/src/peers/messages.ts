// What the raw peers send: each makes its messages as an app on protobuf-es does.
import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import {
  type MessageRequest,
  MessageRequestSchema,
  MessageType,
  type SendMessageRequest,
  SendMessageRequestSchema,
  type UploadAudioRequest,
  UploadAudioRequestSchema,
} from "@im-sdk/gen";

export const userId = "bench";
export const callRoom = "room";
export const callText = "x".repeat(100);
export const uploadFormat = "opus";
/** As the contract has it. */
export const chunkBytes = 32 * 1024;

/** Makes texts of one length for one room. */
export function messageMaker(roomId: string, contentBytes: number): (n: number) => MessageRequest {
  const text = "x".repeat(contentBytes);
  return (n) =>
    create(MessageRequestSchema, {
      messageId: `${n}`,
      userId,
      roomId,
      type: MessageType.TEXT,
      content: Buffer.from(text),
      timestamp: timestampNow(),
    });
}

export function callRequest(): SendMessageRequest {
  return create(SendMessageRequestSchema, {
    userId,
    roomId: callRoom,
    type: MessageType.TEXT,
    content: Buffer.from(callText),
  });
}

/** The messages of an upload, without a copy of the bytes. */
export function* uploadRequests(bytes: Uint8Array): Generator<UploadAudioRequest> {
  const metadata = { userId, roomId: callRoom, format: uploadFormat, size: BigInt(bytes.byteLength), duration: 0 };
  yield create(UploadAudioRequestSchema, { data: { case: "metadata", value: metadata } });
  for (let offset = 0; offset < bytes.byteLength; offset += chunkBytes) {
    const value = bytes.subarray(offset, offset + chunkBytes);
    yield create(UploadAudioRequestSchema, { data: { case: "chunk", value } });
  }
}
