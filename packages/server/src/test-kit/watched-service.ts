import { once } from "node:events";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { MessageType } from "@im-sdk/gen";
import { serveStreamMessages, streamMessagesPath } from "../batched/serve-stream-messages.ts";
import { Connection } from "../connection/connection.ts";
import { serveRequests } from "../connection/serve-requests.ts";
import { silentLogger } from "../logger.ts";
import { type ImServiceOptions, resolveServiceOptions } from "../options/im-service-options.ts";
import { postMessage } from "../rooms/post-message.ts";
import { createRoutes } from "../rpc/routes.ts";
import { createServiceContext, type ServiceContext } from "../service-context.ts";
import { RawStream } from "./raw-stream.ts";

/** The service behind a server whose HTTP/2 streams can be looked at. */
export interface WatchedService {
  readonly port: number;
  readonly context: ServiceContext;
  /** The server's end of a user's latest call. */
  streamOf(userId: string): ServerHttp2Stream | undefined;
  /** Posts a text to room `r` at once, in the name of ann. */
  post(content: Uint8Array): void;
  /** Opens a stream with `resume` that is in room `r`. */
  join(userId: string, port?: number): Promise<RawStream>;
}

export async function watchService(t: TestContext, options: ImServiceOptions): Promise<WatchedService> {
  const context = createServiceContext(resolveServiceOptions(options));
  const connection = new Connection();
  const listener = serveRequests({
    routes: createRoutes(context),
    grpcCalls: new Map([[streamMessagesPath, serveStreamMessages(context)]]),
    fallback() {},
    connectionOf: () => connection,
    logger: silentLogger,
  });
  const streams = new Map<unknown, ServerHttp2Stream>();
  const server = createServer((request, response) => {
    streams.set(request.headers["user-id"], request.stream);
    listener(request, response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => {
    context.close();
    server.close();
  });
  const { port: ownPort } = server.address() as AddressInfo;
  return {
    port: ownPort,
    context,
    streamOf: (userId) => streams.get(userId),
    post(content) {
      const message = { messageId: "", userId: "ann", roomId: "r", type: MessageType.TEXT, metadata: {} };
      postMessage(context, { ...message, content, ackRequired: false });
    },
    async join(userId, port = ownPort) {
      const headers = { "user-id": userId, "room-id": "r", "im-capabilities": "resume" };
      const member = new RawStream(`http://127.0.0.1:${port}`, headers);
      t.after(() => member[Symbol.dispose]());
      await once(member.stream, "response");
      return member;
    },
  };
}
