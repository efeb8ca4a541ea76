import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport, type UnaryResponse } from "@connectrpc/connect";
import {
  type HealthCheckRequestSchema,
  type HealthCheckResponse,
  HealthCheckResponseSchema,
  IMService,
} from "@im-sdk/gen";
import { encoded, envelope } from "./http2-peer.ts";
import type { TalkOptions } from "./transports.ts";

const method = IMService.method.healthCheck;

/** Calls HealthCheck. */
export function ask(
  transport: Transport,
  message: MessageInitShape<typeof HealthCheckRequestSchema> = {},
  { signal, timeoutMs = 0, header, contextValues }: TalkOptions = {},
): Promise<UnaryResponse<typeof method.input, typeof method.output>> {
  return transport.unary(method, signal, timeoutMs, header, message, contextValues);
}

/** An answer to HealthCheck in its envelope. */
export function answerOf(message: string): Buffer {
  return encoded(HealthCheckResponseSchema, { message });
}

/** {@link answerOf}, compressed. */
export async function gzippedAnswerOf(message: string): Promise<Buffer> {
  const bytes = toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { message }));
  return envelope(await promisify(gzip)(bytes), 1);
}

/** How a call ended, in a form that can be compared. */
export interface Outcome {
  code: string;
  /** Of the answer, or of the error. */
  text: string;
  details: unknown;
  header: [string, string][];
  trailer: [string, string][];
}

/** Waits for the end of a call, whatever it is; headers are without the date. An error's metadata counts as trailers. */
export async function outcomeOf(call: Promise<UnaryResponse>): Promise<Outcome> {
  const pairs = (headers: Headers) => [...headers].filter(([name]) => name !== "date");
  try {
    const { message, header, trailer } = await call;
    const text = (message as HealthCheckResponse).message;
    return { code: "OK", text, details: [], header: pairs(header), trailer: pairs(trailer) };
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    const { code, rawMessage: text, details, metadata } = error;
    return { code: Code[code], text, details, header: [], trailer: pairs(metadata) };
  }
}
