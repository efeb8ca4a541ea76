import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { type MessageRequest, MessageRequestSchema, type MessageResponse, MessageResponseSchema } from "@im-sdk/gen";

const prefixBytes = 5;

/** A frame of a client. Keeps nothing of `data` alive. Throws INTERNAL, as connect does, when it is no MessageRequest. */
export function decodeFrame(data: Uint8Array): MessageRequest {
  let frame: MessageRequest;
  try {
    frame = fromBinary(MessageRequestSchema, data);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConnectError(`parse binary: ${reason}`, Code.Internal, undefined, undefined, cause);
  }
  // A view would keep all that was read at once for as long as a room's log keeps the message.
  frame.content = new Uint8Array(frame.content);
  return frame;
}

/** A frame as an uncompressed gRPC envelope. */
export function encodeFrame(message: MessageResponse): Uint8Array {
  const data = toBinary(MessageResponseSchema, message);
  const envelope = Buffer.allocUnsafe(prefixBytes + data.byteLength);
  envelope[0] = 0;
  envelope.writeUInt32BE(data.byteLength, 1);
  envelope.set(data, prefixBytes);
  return envelope;
}
