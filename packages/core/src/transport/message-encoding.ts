import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Compression, compressedFlag } from "@connectrpc/connect/protocol";
import { findCodec } from "@im-sdk/gen";
import type { EnvelopeBatch } from "./envelope-batch.ts";

/** Puts messages of one type into a batch: by the codec that is generated for the type, where there is one. */
export function createMessageEncoder<Desc extends DescMessage>(
  schema: Desc,
  batch: EnvelopeBatch,
  compression: Compression | null,
  compressMinBytes: number,
  hasLastingBytes = false,
): (message: MessageShape<Desc>) => Promise<void> | undefined {
  const codec = findCodec(schema);
  return (message) => {
    try {
      if (compression === null && codec !== undefined) {
        if (hasLastingBytes) batch.addLastingMessage(message, codec);
        else batch.addMessage(message, codec);
        return undefined;
      }
      const data = toBinary(schema, message);
      if (compression !== null && data.byteLength >= compressMinBytes) {
        batch.requireSize(data.byteLength);
        return compression.compress(data).then((compressed) => batch.addBytes(compressedFlag, compressed));
      }
      batch.addBytes(0, data);
      return undefined;
    } catch (reason) {
      throw asConnectError("serialize", reason);
    }
  };
}

/** Reads a message from a part of some bytes. */
export type MessageParser<T> = (bytes: Uint8Array, start: number, end: number) => T;

/** Reads messages of one type; what is none fails with INTERNAL. */
export function createMessageParser<Desc extends DescMessage>(schema: Desc): MessageParser<MessageShape<Desc>> {
  const codec = findCodec(schema);
  return (bytes, start, end) => {
    try {
      if (codec !== undefined) return codec.read(bytes, start, end);
      return fromBinary(schema, bytes.subarray(start, end));
    } catch (reason) {
      throw asConnectError("parse", reason);
    }
  };
}

function asConnectError(what: string, reason: unknown): ConnectError {
  if (reason instanceof ConnectError) return reason;
  const why = reason instanceof Error ? reason.message : String(reason);
  return new ConnectError(`${what} binary: ${why}`, Code.Internal, undefined, undefined, reason);
}
