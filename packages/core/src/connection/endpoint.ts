import type { ClientHttp2Session, SecureClientSessionOptions } from "node:http2";
import type { Transport } from "@connectrpc/connect";
import type { Http2SessionManager } from "@connectrpc/connect-node";
import { ImError } from "../im-error.ts";
import { createSessionManager } from "../transport/create-session-manager.ts";
import { createStreamTransport } from "../transport/stream-transport.ts";

/** TLS towards the servers; `true` means the system's certificate authorities and no client certificate. */
export type TlsOptions =
  | boolean
  | Pick<
      SecureClientSessionOptions,
      "ca" | "cert" | "key" | "passphrase" | "pfx" | "servername" | "rejectUnauthorized"
    >;

export interface EndpointOptions {
  tls: TlsOptions;
  readMaxBytes: number;
  writeMaxBytes: number;
}

/** One client's share of a connection. */
export interface EndpointLease {
  readonly transport: Transport;
  /** Tells the pool the session that the lease's stream runs on; `onGoaway` hears when the peer announces its leave. */
  follow(session: ClientHttp2Session, onGoaway: () => void): void;
  /** Gives the share back; the last one of a connection closes it. */
  release(): void;
}

/** Until the peer has told its limit: the least that RFC 9113 asks of a peer, less the reserve. */
const assumedMaxLeases = 90;

/** Streams of a connection that are kept free for unary calls, at the least. */
const reservedStreams = 4;

/** One HTTP/2 connection to one instance, counted by the clients that share it. */
export class Endpoint {
  readonly #manager: Http2SessionManager;
  readonly #transport: Transport;
  readonly #onUnused: () => void;
  #leases = 0;
  #maxLeases = assumedMaxLeases;
  readonly #goawayListeners = new Map<ClientHttp2Session, Set<() => void>>();

  constructor(baseUrl: string, options: EndpointOptions, onUnused: () => void) {
    const tls = typeof options.tls === "object" ? options.tls : {};
    this.#manager = createSessionManager(baseUrl, tls);
    this.#transport = createStreamTransport({
      baseUrl,
      sessionManager: this.#manager,
      readMaxBytes: options.readMaxBytes,
      writeMaxBytes: options.writeMaxBytes,
    });
    this.#onUnused = onUnused;
  }

  get hasRoom(): boolean {
    return this.#leases < this.#maxLeases;
  }

  lease(): EndpointLease {
    this.#leases++;
    let released = false;
    let forget: (() => void) | undefined;
    return {
      transport: this.#transport,
      follow: (session, onGoaway) => {
        const listeners = this.#listenersOf(session);
        listeners.add(onGoaway);
        forget = () => listeners.delete(onGoaway);
      },
      release: () => {
        if (released) return;
        released = true;
        forget?.();
        this.#leases--;
        if (this.#leases === 0) this.close();
      },
    };
  }

  /** Resolves when the connection is up, dialling if it is not; leases that wait together dial once. */
  connect(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      void this.#manager.connect().then((state) => {
        signal.removeEventListener("abort", onAbort);
        if (state === "error")
          reject(this.#manager.error() ?? new ImError("canceled", "the connection was closed while connecting"));
        else resolve();
      });
    });
  }

  close(): void {
    this.#manager.abort();
    this.#onUnused();
  }

  #listenersOf(session: ClientHttp2Session): Set<() => void> {
    const known = this.#goawayListeners.get(session);
    if (known !== undefined) return known;
    const listeners = new Set<() => void>();
    this.#goawayListeners.set(session, listeners);
    const learnLimit = () => {
      const limit = session.remoteSettings?.maxConcurrentStreams;
      if (limit === undefined) return;
      this.#maxLeases = Math.max(1, limit - Math.max(reservedStreams, Math.floor(limit / 10)));
    };
    session.on("remoteSettings", learnLimit);
    session.on("goaway", () => {
      for (const listener of [...listeners]) listener();
    });
    session.on("close", () => this.#goawayListeners.delete(session));
    learnLimit();
    return listeners;
  }
}
