import { Code, ConnectError } from "@connectrpc/connect";
import { formatAddress } from "@im-sdk/contracts";
import { createAudioDownload } from "./audio/audio-download.ts";
import { serveStreamMessages, streamMessagesPath } from "./batched/serve-stream-messages.ts";
import { Http2Listener } from "./connection/http2-listener.ts";
import { serveRequests } from "./connection/serve-requests.ts";
import { messageBytes } from "./log/message-bytes.ts";
import { numberOption } from "./options/check-option.ts";
import { type ImServerOptions, type ResolvedServerOptions, resolveServerOptions } from "./options/im-server-options.ts";
import type { RoomOptions } from "./options/room-options.ts";
import { Announcer } from "./registration/announcer.ts";
import type { ResolvedRegistration } from "./registration/registration-options.ts";
import { systemEvent } from "./rooms/system-events.ts";
import { createRoutes } from "./rpc/routes.ts";
import { createServiceContext, type ServiceContext } from "./service-context.ts";
import { closeStorage } from "./storage/close-storage.ts";

/** How long a closing server waits for the last words of its streams to leave. */
const lastWordsMs = 500;

/** How long a closing server waits for its registry, which mostly answers within a few. */
const farewellMs = 2_000;

/** A running server; {@link startImServer} makes it. */
export interface ImServer extends AsyncDisposable {
  /** Where clients on this machine reach it, such as `http://127.0.0.1:8083`. */
  readonly url: string;
  readonly port: number;
  /** Changes how a room behaves, at once. Throws a RangeError or TypeError that names a wrong option. */
  configureRoom(roomId: string, options: RoomOptions): void;
  /**
   * Leaves in order: health checks say NOT_SERVING, clients are told (`server_draining`, GOAWAY), the registry forgets the
   * server, no new connection is taken. Resolves when all streams have ended and the server is closed; those left after
   * `timeoutMs` (default 10,000) end with UNAVAILABLE, and a registry that has not answered by then is left to find out by
   * itself. Again or after `close` it only waits.
   */
  drain(options?: { readonly timeoutMs?: number }): Promise<void>;
  /**
   * The same at once, but for a registry, which has two seconds to answer, and for the storage, which has ten to store what is
   * under way. Afterwards no timer, socket or listener is left. May be called more than once.
   */
  close(): Promise<void>;
}

/**
 * Starts the reference `im.v1` server. Resolves when it listens and, with a `registry`, is registered or has failed to be for
 * a first time. Throws a RangeError or TypeError for a wrong option, Node's error (`code` EADDRINUSE, EACCES, …) when the
 * address cannot be had, and what the registry refuses for good. The `storage` is closed with the server, and when the start
 * fails for another reason than a wrong option.
 */
export async function startImServer(options: ImServerOptions = {}): Promise<ImServer> {
  const resolved = resolveServerOptions(options);
  const context = createServiceContext(resolved.service);
  const { logger, clock, limits } = resolved.service;
  const listener = new Http2Listener({
    ...resolved,
    limits,
    logger,
    clock,
    onRequest: serveRequests({
      routes: createRoutes(context),
      grpcCalls: new Map([[streamMessagesPath, serveStreamMessages(context)]]),
      fallback: createAudioDownload(context),
      connectionOf: (request) => listener.connectionOf(request.stream.session),
      logger,
    }),
    onDisconnect: (connection) => context.memberships.endConnection(connection),
  });
  try {
    const port = await listener.listen();
    const server = new RunningServer(resolved, port, context, listener);
    if (resolved.registration !== undefined) await server.announce(resolved.registration);
    return server;
  } catch (error) {
    await listener.destroy();
    context.close();
    await closeStorage(resolved.service.storage, resolved.service);
    throw error;
  }
}

class RunningServer implements ImServer {
  readonly url: string;
  readonly port: number;
  readonly #context: ServiceContext;
  readonly #listener: Http2Listener;
  #announcer: Announcer | undefined;
  #drained: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: ResolvedServerOptions, port: number, context: ServiceContext, listener: Http2Listener) {
    this.port = port;
    this.url = `${options.tls === undefined ? "http" : "https"}://${formatAddress(reachable(options.host), port)}`;
    this.#context = context;
    this.#listener = listener;
    if (options.service.publicUrl === undefined) context.audioUrlPrefix = this.url;
  }

  /** Registers the server, which serves already; see {@link Announcer.start}. */
  async announce(registration: ResolvedRegistration): Promise<void> {
    const { serving, options } = this.#context;
    this.#announcer = await Announcer.start(registration, this.port, { ...options, serving });
  }

  configureRoom(roomId: string, options: RoomOptions): void {
    this.#context.rooms.configure(roomId, options);
  }

  drain(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    const timeoutMs = numberOption("timeoutMs", options.timeoutMs, 10_000, { min: 0 });
    this.#drained ??= this.#drain(timeoutMs);
    return this.#drained;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #drain(timeoutMs: number): Promise<void> {
    if (this.#closed !== undefined) return this.#closed;
    const { serving, streams, options } = this.#context;
    options.logger.info("draining", { streams: streams.all().length });
    serving.stop();
    const message = systemEvent("", "server_draining", {}, options.clock.now());
    const frame = { message, bytes: messageBytes(message) };
    for (const stream of streams.all()) {
      const { ack, resume } = stream.capabilities;
      if (ack || resume) stream.outgoing.push(frame);
    }
    const deadlineMs = options.clock.now() + timeoutMs;
    await this.#leave(timeoutMs);
    await this.#idleWithin(Math.max(0, deadlineMs - options.clock.now()));
    await this.close();
  }

  async #close(): Promise<void> {
    const { serving, streams, options } = this.#context;
    serving.stop();
    streams.endAll(new ConnectError("the server goes away", Code.Unavailable));
    await this.#leave(farewellMs);
    await this.#idleWithin(lastWordsMs);
    await this.#listener.destroy();
    this.#context.close();
    await closeStorage(options.storage, options);
    options.logger.info("closed");
  }

  /** Tells the clients, then the registry; the port closes when nobody is sent there any more. */
  async #leave(timeoutMs: number): Promise<void> {
    this.#listener.goAway();
    await this.#announcer?.close(timeoutMs);
    this.#listener.stopListening();
    // Those that came meanwhile.
    this.#listener.goAway();
  }

  /** Waits until no session is left, the time is up, or the server is being closed. */
  async #idleWithin(timeoutMs: number): Promise<void> {
    const { clock } = this.#context.options;
    let timer: unknown;
    const timeout = new Promise<void>((resolve) => {
      timer = clock.setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.#listener.whenIdle(), timeout]);
    clock.clearTimeout(timer);
  }
}

/** An address that means every interface cannot be dialled everywhere. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}
