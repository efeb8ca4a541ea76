import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";

/** A connection with windows that hold nobody up. Resolves when it is up. */
export async function openSession(port: number): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`, {
    settings: { initialWindowSize: 4 * 1024 * 1024, enablePush: false },
    maxSessionMemory: 256,
  });
  await once(session, "connect");
  session.setLocalWindowSize(16 * 1024 * 1024);
  return session;
}

/** A call of a method of the service, with the metadata given. An answer that is no success is thrown, and ends the program. */
export function openStream(
  session: ClientHttp2Session,
  method: string,
  metadata: Readonly<Record<string, string>> = {},
): ClientHttp2Stream {
  const stream = session.request({
    ":method": "POST",
    ":path": `/im.v1.IMService/${method}`,
    "content-type": "application/grpc+proto",
    te: "trailers",
    ...metadata,
  });
  // One that fails at once says so in its head.
  stream.on("response", (headers) => requireSuccess(method, headers, "0"));
  stream.on("trailers", (trailers) => requireSuccess(method, trailers));
  return stream;
}

function requireSuccess(method: string, headers: IncomingHttpHeaders, absent?: string): void {
  const status = headers["grpc-status"] ?? absent;
  if (status !== "0") throw new Error(`${method} ended with gRPC status ${status}: ${headers["grpc-message"]}`);
}
