import type { ServerHttp2Stream } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { MessageResponseSchema, MessageType } from "@im-sdk/gen";
import { envelope } from "../wire/envelope.ts";

/** The room whose streams are sent messages without end. */
export const pushRoom = "push";

const contentBytes = 100;
const perWrite = 400;
const idDigits = 8;
/** Behind the envelope's prefix, and the tag and length of field 1. */
const idStart = 5 + 2;

const message = envelope(
  toBinary(
    MessageResponseSchema,
    create(MessageResponseSchema, {
      messageId: "0".repeat(idDigits),
      fromUserId: "bench",
      roomId: pushRoom,
      type: MessageType.TEXT,
      content: Buffer.alloc(contentBytes, "x"),
      timestamp: timestampNow(),
    }),
  ),
);
const batch = Buffer.concat(Array.from({ length: perWrite }, () => message));

/** Sends texts of 100 bytes as fast as the client takes them, each with an id of its own, until the client ends its side. */
export function pushMessages(stream: ServerHttp2Stream): void {
  let id = 0;
  let isWanted = true;
  const fill = () => {
    while (isWanted && stream.write(withIds(id))) id += perWrite;
    id += perWrite;
  };
  stream.on("drain", fill);
  stream.on("close", () => {
    isWanted = false;
  });
  stream.on("end", () => {
    isWanted = false;
    stream.end();
  });
  stream.resume();
  fill();
}

function withIds(first: number): Buffer {
  const bytes = Buffer.from(batch);
  for (let index = 0; index < perWrite; index++) {
    let rest = first + index;
    const start = index * message.length + idStart;
    for (let digit = idDigits - 1; digit >= 0; digit--) {
      bytes[start + digit] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }
  return bytes;
}
