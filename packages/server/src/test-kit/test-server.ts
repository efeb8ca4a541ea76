import { type Client, type Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { IMService } from "@im-sdk/gen";
import { Health } from "@im-sdk/gen/grpc/health/v1/health_pb.js";
import { type ImServer, startImServer } from "../im-server.ts";
import type { ImServerOptions } from "../options/im-server-options.ts";
import { TestStream } from "./test-stream.ts";

/** One HTTP/2 connection to a server, and the stubs on it. */
export interface TestConnection {
  readonly im: Client<typeof IMService>;
  readonly health: Client<typeof Health>;
  readonly session: Http2SessionManager;
  /** Opens a stream that asks for both extensions, unless `headers` says otherwise. */
  open(userId: string, headers?: Record<string, string>): TestStream;
  /** Opens a stream as the Go client does: user and room in the metadata, no extensions. */
  openPlain(userId: string, roomId: string): TestStream;
}

/** A server on a free port of the loopback, with its clients; all are closed with it. */
export interface TestServer extends AsyncDisposable {
  readonly server: ImServer;
  /** Another connection. */
  connect(headers?: Record<string, string>): TestConnection;
}

export async function startTestServer(options: ImServerOptions = {}): Promise<TestServer> {
  const server = await startImServer(options);
  const connections: TestConnection[] = [];
  return {
    server,
    connect(headers) {
      const connection = connectTo(server.url, headers);
      connections.push(connection);
      return connection;
    },
    async [Symbol.asyncDispose]() {
      for (const { session } of connections) session.abort();
      await server.close();
    },
  };
}

/** A connection of its own, with `headers` on every call. */
export function connectTo(baseUrl: string, headers: Record<string, string> = {}): TestConnection {
  const session = new Http2SessionManager(baseUrl);
  const transport = createGrpcTransport({
    baseUrl,
    sessionManager: session,
    interceptors: [
      (next) => (request) => {
        for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
        return next(request);
      },
    ],
  });
  const im = createClient(IMService, transport);
  return {
    im,
    health: createClient(Health, transport),
    session,
    open: (userId, more = { "im-capabilities": "ack, resume" }) => new TestStream(im, { "user-id": userId, ...more }),
    openPlain: (userId, roomId) => new TestStream(im, { "user-id": userId, "room-id": roomId }),
  };
}

/** For `assert.rejects`: a ConnectError of this code, whose message has this in it. */
export function refusedWith(code: Code, text = ""): (error: unknown) => boolean {
  return (error) => error instanceof ConnectError && error.code === code && error.rawMessage.includes(text);
}
