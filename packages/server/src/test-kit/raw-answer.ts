import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http2";
import { buffer } from "node:stream/consumers";
import { RawStream } from "./raw-stream.ts";

/** A request to StreamMessages as it is on the wire. */
export interface RawRequest {
  readonly headers?: Record<string, string>;
  /** One DATA frame each. */
  readonly body?: readonly Uint8Array[];
  /** The client does not end its side. */
  readonly staysOpen?: boolean;
}

/** All that came back, but what differs from one time to the next. */
export interface RawAnswer {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Makes a call and waits for the end of it. */
export async function rawAnswer(url: string, { headers = {}, body = [], staysOpen }: RawRequest): Promise<RawAnswer> {
  using raw = new RawStream(url, headers);
  const { stream } = raw;
  const answered = once(stream, "response");
  let trailers: IncomingHttpHeaders = {};
  stream.once("trailers", (received: IncomingHttpHeaders) => {
    trailers = received;
  });
  for (const bytes of body) stream.write(bytes);
  if (staysOpen !== true) stream.end();
  const [received] = (await answered) as [IncomingHttpHeaders];
  const bytes = await buffer(stream);
  return { headers: withoutDate(received), trailers: { ...trailers }, body: bytes };
}

function withoutDate({ date: _, ...headers }: IncomingHttpHeaders): IncomingHttpHeaders {
  return { ...headers };
}
