import type { Buffer } from "node:buffer";
import { type DescMessage, type Message, type MessageShape, toBinary } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";

/** Encodes and decodes one type of message to the same bytes and the same objects as protobuf-es does. */
export interface MessageCodec<T extends Message> {
  /** The type of the messages. */
  readonly schema: GenMessage<T>;
  /**
   * No encoding of the message is longer, in bytes. Cheap: no string is looked at but for its length. May throw for a
   * message that cannot be encoded.
   */
  sizeBound(message: T): number;
  /**
   * Writes the message at `offset` and returns the offset behind it. `target` has room for `sizeBound` bytes there, any of
   * which may be written to. Throws as protobuf-es' toBinary does.
   */
  write(message: T, target: Buffer, offset: number): number;
  /**
   * Reads a message from `bytes`, by default from all of them; its fields of bytes are views of those. Throws as protobuf-es'
   * fromBinary does.
   */
  read(bytes: Uint8Array, start?: number, end?: number): T;
  /** Of a message that can end with a field of bytes: how to write it without a copy of those. */
  readonly tail?: MessageTail<T>;
}

/** A message in two parts: its head, and the bytes that come last. */
export interface MessageTail<T extends Message> {
  /** The bytes; undefined where it ends with something else. */
  of(message: T): Uint8Array | undefined;
  /**
   * {@link MessageCodec.write} without the bytes; -1 for a message that has to be written as a whole. `target` has room for
   * `sizeBound` less the bytes.
   */
  writeHead(message: T, target: Buffer, offset: number): number;
}

/** The size of a message, by protobuf-es. */
export function binarySize<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): number {
  return toBinary(schema, message).length;
}

/** Writes a message by protobuf-es. */
export function writeBinary<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
  target: Buffer,
  offset: number,
): number {
  const bytes = toBinary(schema, message);
  target.set(bytes, offset);
  return offset + bytes.length;
}
