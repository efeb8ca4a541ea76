import type { ServerHttp2Stream } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { HealthCheckResponseSchema, HealthStatus, SendMessageResponseSchema } from "@im-sdk/gen";
import { envelope } from "../wire/envelope.ts";

const serving = envelope(
  toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status: HealthStatus.SERVING })),
);
const sent = envelope(
  toBinary(SendMessageResponseSchema, create(SendMessageResponseSchema, { messageId: "m", status: { code: 0 } })),
);

/** Says that everything serves. */
export function answerHealthCheck(stream: ServerHttp2Stream): void {
  answer(stream, serving);
}

/** Says the same to every message: that it is stored. */
export function answerSendMessage(stream: ServerHttp2Stream): void {
  answer(stream, sent);
}

function answer(stream: ServerHttp2Stream, bytes: Buffer): void {
  stream.on("end", () => stream.end(bytes));
  stream.resume();
}
