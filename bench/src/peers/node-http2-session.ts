import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";

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

/** A call of a method of the service, with the metadata given. */
export function openStream(
  session: ClientHttp2Session,
  method: string,
  metadata: Readonly<Record<string, string>> = {},
): ClientHttp2Stream {
  return session.request({
    ":method": "POST",
    ":path": `/im.v1.IMService/${method}`,
    "content-type": "application/grpc+proto",
    te: "trailers",
    ...metadata,
  });
}
