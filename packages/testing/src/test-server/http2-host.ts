import { once } from "node:events";
import { createServer, type Http2Server, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { resetSocket } from "../reset-socket.ts";

/** A request listener of `node:http2`. */
export type RequestListener = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

/** A port on 127.0.0.1, which can be closed and opened again, and the connections that came by it. */
export class Http2Host {
  readonly #onRequest: RequestListener;
  readonly #sockets = new Set<Socket>();
  #server: Http2Server | undefined;
  #port = 0;

  constructor(onRequest: RequestListener) {
    this.#onRequest = onRequest;
  }

  /** The one that is listened on, or was last. */
  get port(): number {
    return this.#port;
  }

  async listen(port: number): Promise<void> {
    const server = createServer(this.#onRequest);
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket.setNoDelay(true));
      socket.on("close", () => this.#sockets.delete(socket));
    });
    // A connection that is reset is what a test has asked for.
    server.on("session", (session) => session.on("error", () => {}));
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  disconnectAll(): void {
    for (const socket of this.#sockets) resetSocket(socket);
  }

  /** Resolves when the port is free. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, "close");
    server.close();
    this.disconnectAll();
    await closed;
  }
}
