import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";

const connectionWindowBytes = 16 * 1024 * 1024;
const prepared = new WeakSet<object>();

/** Once for each session: the connection's receive window stays at 64 KiB unless it is set. */
export function prepareSession(stream: ClientHttp2Stream): void {
  const session = stream.session as ClientHttp2Session | undefined;
  if (session === undefined || session.destroyed || prepared.has(session)) return;
  prepared.add(session);
  // Streams and the session manager tell of what fails. The manager stops listening with the first error, and a session
  // whose peer does not speak HTTP/2 has more than one: unheard, it would end the process.
  session.on("error", () => {});
  session.setLocalWindowSize(connectionWindowBytes);
}
