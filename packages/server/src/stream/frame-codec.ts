import { Code, ConnectError } from "@connectrpc/connect";
import { type MessageRequest, type MessageResponse, messageRequestCodec, messageResponseCodec } from "@im-sdk/gen";

/** What stands before the message in a gRPC envelope: flags and length. */
export const prefixBytes = 5;

/** A frame of a client. Keeps nothing of `data` alive. Throws INTERNAL, as connect does, when it is no MessageRequest. */
export function decodeFrame(data: Uint8Array): MessageRequest {
  let frame: MessageRequest;
  try {
    frame = messageRequestCodec.read(data);
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
  const envelope = Buffer.allocUnsafe(prefixBytes + messageResponseCodec.sizeBound(message));
  const end = messageResponseCodec.write(message, envelope, prefixBytes);
  envelope[0] = 0;
  envelope.writeUInt32BE(end - prefixBytes, 1);
  return envelope.subarray(0, end);
}
