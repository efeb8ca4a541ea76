import { once } from "node:events";
import http2, {
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import type { AddressInfo } from "node:net";
import type { ConnectRouter, ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { IMService } from "@im-sdk/gen";

export interface TestServer extends AsyncDisposable {
  readonly port: number;
  readonly address: string;
  readonly sessions: Set<ServerHttp2Session>;
  /** Sends GOAWAY and takes no more connections; resolves when the clients have finished and gone. */
  drain(): Promise<void>;
}

/** Answers a request of any kind. */
export type Handler = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

/** A node:http2 server on loopback that answers with a handler; disposing it destroys every session. */
export async function serve(
  handler: Handler,
  options: http2.ServerOptions & { port?: number } = {},
): Promise<TestServer> {
  const server: Http2Server = http2.createServer(options, handler);
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => {});
    session.on("close", () => sessions.delete(session));
  });
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    address: `127.0.0.1:${port}`,
    sessions,
    async drain() {
      const closed = once(server, "close");
      server.close();
      for (const session of sessions) session.close();
      await closed;
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

/** A plain `im.v1` server: what is not implemented answers UNIMPLEMENTED. */
export function servePlain(implementation: Partial<ServiceImpl<typeof IMService>>): Promise<TestServer> {
  const routes = (router: ConnectRouter) => router.service(IMService, implementation);
  return serve(connectNodeAdapter({ routes }));
}
