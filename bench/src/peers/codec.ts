// How the bare peer encodes and decodes.
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type MessageRequest, MessageRequestSchema, type MessageResponse, MessageResponseSchema } from "@im-sdk/gen";

export const messageRequestCodec = {
  /** No fewer bytes than the message takes. */
  sizeBound({ messageId, userId, roomId, content }: MessageRequest): number {
    return 64 + 3 * (messageId.length + userId.length + roomId.length) + content.byteLength;
  },
  /** Puts the message at an offset, and answers where it ends. */
  write(message: MessageRequest, target: Buffer, offset: number): number {
    const bytes = toBinary(MessageRequestSchema, message);
    target.set(bytes, offset);
    return offset + bytes.byteLength;
  },
};

export const messageResponseCodec = {
  read(bytes: Uint8Array): MessageResponse {
    return fromBinary(MessageResponseSchema, bytes);
  },
};
