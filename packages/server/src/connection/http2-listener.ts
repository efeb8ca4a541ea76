import { once } from "node:events";
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type Http2Session,
  type ServerHttp2Session,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { Clock } from "@im-sdk/contracts";
import type { Logger } from "../logger.ts";
import type { TlsOptions } from "../options/im-server-options.ts";
import type { ResolvedLimits } from "../options/limits.ts";
import { Connection } from "./connection.ts";
import { SessionKeepalive } from "./session-keepalive.ts";

/** Bytes that a client may send ahead of being read: on one stream, and on one connection. */
const streamWindowBytes = 256 * 1024;
const connectionWindowBytes = 16 * 1024 * 1024;

/** What an {@link Http2Listener} is made of. */
export interface Http2ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsOptions | undefined;
  readonly limits: ResolvedLimits;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly onRequest: (request: Http2ServerRequest, response: Http2ServerResponse) => void;
  /** Called when a session has closed. */
  readonly onDisconnect: (connection: Connection) => void;
}

/** The port, and every session and socket that came by it. Faults of single connections are logged, never thrown. */
export class Http2Listener {
  readonly #options: Http2ListenerOptions;
  readonly #server: Http2Server | Http2SecureServer;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Map<Http2Session, Connection>();
  readonly #idleWaiters: (() => void)[] = [];

  constructor(options: Http2ListenerOptions) {
    this.#options = options;
    this.#server = makeServer(options);
    const debug = (what: string) => (error: Error) => options.logger.debug(what, { error: error.message });
    this.#server.on("connection", (socket: Socket) => this.#trackSocket(socket));
    this.#server.on("session", (session) => this.#trackSession(session));
    this.#server.on("sessionError", debug("an HTTP/2 session failed"));
    this.#server.on("tlsClientError", debug("a TLS handshake failed"));
    this.#server.on("request", options.onRequest);
  }

  /** Resolves with the port. Rejects with the error of Node when the address cannot be had. */
  async listen(): Promise<number> {
    const { host, port, logger } = this.#options;
    this.#server.listen(port, host);
    await once(this.#server, "listening");
    this.#server.on("error", (error) => logger.error("the listener failed", { error }));
    return (this.#server.address() as AddressInfo).port;
  }

  connectionOf(session: Http2Session | undefined): Connection | undefined {
    return session && this.#sessions.get(session);
  }

  /** Takes no more connections. */
  stopListening(): void {
    this.#server.close();
  }

  /** Tells every client by GOAWAY NO_ERROR to go elsewhere; open streams live on. */
  goAway(): void {
    for (const session of this.#sessions.keys()) if (!session.closed) session.close();
  }

  /** Resolves when no session is left. */
  async whenIdle(): Promise<void> {
    if (this.#sessions.size > 0) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Cuts every connection. Resolves when the port is free. */
  async destroy(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, "close") : undefined;
    this.#server.close();
    for (const session of this.#sessions.keys()) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #trackSocket(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", (error) => this.#options.logger.debug("a socket failed", { error: error.message }));
    socket.on("close", () => this.#sockets.delete(socket));
  }

  #trackSession(session: ServerHttp2Session): void {
    const { clock, limits, logger, onDisconnect } = this.#options;
    const connection = new Connection();
    this.#sessions.set(session, connection);
    session.setLocalWindowSize(connectionWindowBytes);
    const keepalive = new SessionKeepalive(session, clock, limits.keepaliveMs);
    session.on("error", (error) => logger.debug("an HTTP/2 session failed", { error: error.message }));
    session.on("close", () => {
      keepalive.close();
      this.#sessions.delete(session);
      onDisconnect(connection);
      if (this.#sessions.size > 0) return;
      for (const resolve of this.#idleWaiters.splice(0)) resolve();
    });
  }
}

function makeServer({ tls, limits }: Http2ListenerOptions): Http2Server | Http2SecureServer {
  const options = {
    settings: { initialWindowSize: streamWindowBytes, maxConcurrentStreams: limits.maxStreamsPerConnection },
    // In MiB. Node's 10 would turn away streams long before the limit above; a stream takes some 10 KiB.
    maxSessionMemory: Math.max(64, Math.ceil(limits.maxStreamsPerConnection / 16)),
  };
  if (tls === undefined) return createServer(options);
  const { key, cert, ca, requestClientCertificate = ca !== undefined } = tls;
  const authorities = ca === undefined ? {} : { ca };
  const trust = { requestCert: requestClientCertificate, rejectUnauthorized: requestClientCertificate };
  return createSecureServer({ ...options, key, cert, ...authorities, ...trust, minVersion: "TLSv1.2" });
}
