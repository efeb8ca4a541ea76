import type { Interceptor } from "@connectrpc/connect";
import {
  type ClientStore,
  type Clock,
  type LoadBalancer,
  type ServiceDiscovery,
  type ServiceInstance,
  systemClock,
} from "@im-sdk/contracts";
import { invalidArgument, requireId } from "./check-argument.ts";
import {
  credentials,
  flag,
  interceptors,
  listener,
  oneOf,
  refuseUnknown,
  resolveTls,
  retries,
  shaped,
} from "./check-option.ts";
import { createDefaultBalancer } from "./connection/default-balancer.ts";
import type { TlsOptions } from "./connection/endpoint.ts";
import { createEndpointPool, type EndpointPool } from "./connection/endpoint-pool.ts";
import { type InboxOptions, resolveInboxOptions } from "./delivery/inbox-options.ts";
import { type OutboxOptions, resolveOutboxOptions } from "./delivery/outbox-options.ts";
import { toServiceInstances } from "./discovery/service-address.ts";
import type { ImEvents } from "./events/im-events.ts";
import { imClientOptionNames } from "./im-client-option-names.ts";
import { ImError } from "./im-error.ts";
import type { TokenProvider } from "./interceptors/token-cache.ts";
import type { Logger } from "./logging/logger.ts";
import { defaultMaxMessageBytes } from "./transport/stream-transport.ts";

/** How a client behaves, whichever way it finds its server. */
export interface ImClientBaseOptions {
  /** Who the client speaks for. Any text that is not empty. */
  userId: string;
  /** A room to be in from the first moment on. */
  defaultRoomId?: string;
  /** Limit for `connect()`, and for each round of reconnecting; default 10,000 ms. */
  connectTimeoutMs?: number;
  /** Deadline of calls and sends that bring none of their own; default 30,000 ms. */
  requestTimeoutMs?: number;
  /** A heartbeat goes out after this much silence; default 30,000 ms. */
  heartbeatIntervalMs?: number;
  /** A peer that shows no life this long after a heartbeat is taken for dead; default 10,000 ms. */
  heartbeatTimeoutMs?: number;
  /** Failures in a row after which the client gives up, less one; default 3. `Infinity` is allowed. */
  maxRetries?: number;
  /** Upper bound of the first delay before a retry, doubled with every failure; default 5,000 ms. */
  retryIntervalMs?: number;
  /** A token, or who to ask for one: sent as `authorization: Bearer …` with every call. */
  credentials?: string | TokenProvider;
  /** Connect interceptors of your own; they see every attempt of every call, and the stream. */
  interceptors?: Interceptor[];
  /** Bounds on messages that are not settled yet. */
  outbox?: OutboxOptions;
  /** Bounds on messages that wait for the `message` listeners. Loops have theirs with `messages()`. */
  inbox?: InboxOptions;
  /**
   * When a message counts as read, so that it is not given again after a restart: when it is handed to a listener or loop
   * (`automatic`, default: at most once), or when `ack()` is called on it (`manual`: at least once; what was not acknowledged
   * comes again after a reconnect, too). A server without positions gives nothing again.
   */
  acknowledge?: "automatic" | "manual";
  /** Keeps unsettled messages and how far each room was read beyond this process; the client closes it. By default neither is kept. */
  store?: ClientStore;
  /** Largest message taken, in bytes; a larger one is left out, as an `error` and a `gap` tell. Default 4 MiB and 64 KiB. */
  maxReceiveBytes?: number;
  /** Largest message sent, in bytes; default 4 MiB. */
  maxSendBytes?: number;
  /** Where to log what becomes of the connection: pino, winston, `console`. Nothing is logged by default. */
  logger?: Logger;
  onMessage?: (message: ImEvents["message"]) => unknown;
  onConnect?: (event: ImEvents["connect"]) => unknown;
  onDisconnect?: (error: ImEvents["disconnect"]) => unknown;
  onError?: (error: ImEvents["error"]) => unknown;
  /** Time, for tests. */
  clock?: Clock;
  /** Uniform in [0, 1), for tests. */
  random?: () => number;
}

/** A client that finds its server by itself. */
export interface ImClientOptions extends ImClientBaseOptions {
  /** Name under which the discovery knows the service; default `im-service`. */
  serviceName?: string;
  /** Where instances come from; the client closes it with itself. */
  discovery?: ServiceDiscovery;
  /** Instances without a discovery: `host:port` strings or instances. Not together with `discovery`. */
  services?: readonly (string | ServiceInstance)[];
  /**
   * How long the instance that holds the stream may be missing from the discovery's list, or be unhealthy there, before the client
   * opens a stream elsewhere and leaves; up to half as much is added at random. Default 10,000 ms; with `Infinity` it stays until
   * the connection breaks.
   */
  leaveAfterMs?: number;
  /** An empty list from the discovery leaves the instances as they were, as stale; by default none are left then. */
  keepLastInstances?: boolean;
  /** Picks the instance for each connection; default round robin. One that its owner has filled needs no list here. */
  balancer?: LoadBalancer;
  /** Key of the pick for balancers that hash; default the user id. */
  hashKey?: string;
  /** TLS to the servers; off by default. */
  tls?: TlsOptions;
  /** Connections shared with other clients of this process; by default the client's own. */
  endpointPool?: EndpointPool;
}

/** The defaults of every option that has one. */
export const defaultOptions = {
  serviceName: "im-service",
  connectTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  heartbeatIntervalMs: 30_000,
  heartbeatTimeoutMs: 10_000,
  maxRetries: 3,
  retryIntervalMs: 5_000,
  leaveAfterMs: 10_000,
  // A message of `maxSendBytes`, with all that the server adds to it.
  maxReceiveBytes: defaultMaxMessageBytes + 64 * 1024,
  maxSendBytes: defaultMaxMessageBytes,
} as const;

/** Options after validation. */
export type ResolvedImClientOptions = ReturnType<typeof resolveImClientOptions>;

/** Fills in the defaults; throws ImError `invalid_argument` that names the option, its value and what is allowed. */
export function resolveImClientOptions(options: ImClientOptions) {
  requireId("userId", options?.userId);
  refuseUnknown("", options, imClientOptionNames);
  if (options.defaultRoomId !== undefined) requireId("defaultRoomId", options.defaultRoomId);
  if (options.services !== undefined && options.discovery !== undefined) {
    throw new ImError("invalid_argument", "services and discovery exclude each other: pass one of them");
  }
  const serviceName = requireId("serviceName", options.serviceName ?? defaultOptions.serviceName);
  return {
    userId: options.userId,
    defaultRoomId: options.defaultRoomId,
    serviceName,
    discovery: shaped("discovery", options.discovery, "discover", "watch", "close"),
    services: options.services === undefined ? undefined : toServiceInstances(options.services, serviceName),
    leaveAfterMs:
      options.leaveAfterMs === Number.POSITIVE_INFINITY ? options.leaveAfterMs : positive(options, "leaveAfterMs"),
    keepLastInstances: flag("keepLastInstances", options.keepLastInstances ?? false),
    balancer: shaped("balancer", options.balancer, "update", "pick") ?? createDefaultBalancer(options.random),
    hasOwnBalancer: options.balancer !== undefined,
    hashKey: requireId("hashKey", options.hashKey ?? options.userId),
    connectTimeoutMs: positive(options, "connectTimeoutMs"),
    requestTimeoutMs: positive(options, "requestTimeoutMs"),
    heartbeatIntervalMs: positive(options, "heartbeatIntervalMs"),
    heartbeatTimeoutMs: positive(options, "heartbeatTimeoutMs"),
    maxRetries: retries(options.maxRetries ?? defaultOptions.maxRetries),
    retryIntervalMs: positive(options, "retryIntervalMs"),
    maxReceiveBytes: messageBytes(options, "maxReceiveBytes"),
    maxSendBytes: messageBytes(options, "maxSendBytes"),
    tls: resolveTls(options.tls),
    credentials: credentials(options.credentials),
    interceptors: interceptors(options.interceptors ?? []),
    endpointPool: shaped("endpointPool", options.endpointPool, "acquire", "close") ?? createEndpointPool(),
    ownsEndpointPool: options.endpointPool === undefined,
    outbox: resolveOutboxOptions(options.outbox),
    inbox: resolveInboxOptions(options.inbox),
    acknowledge: oneOf("acknowledge", options.acknowledge ?? "automatic", "automatic", "manual"),
    store: shaped("store", options.store, "load", "write", "close"),
    clock: shaped("clock", options.clock, "now", "setTimeout", "clearTimeout") ?? systemClock,
    random: listener("random", options.random) ?? Math.random,
    logger: shaped("logger", options.logger, "debug", "info", "warn", "error"),
    onMessage: listener("onMessage", options.onMessage),
    onConnect: listener("onConnect", options.onConnect),
    onDisconnect: listener("onDisconnect", options.onDisconnect),
    onError: listener("onError", options.onError),
  };
}

type MsOption = Extract<keyof typeof defaultOptions, `${string}Ms`>;

function positive(options: ImClientOptions, name: MsOption): number {
  const value = options[name] ?? defaultOptions[name];
  if (typeof value === "number" && value > 0 && Number.isFinite(value)) return value;
  throw invalidArgument(name, value, "a positive number of milliseconds");
}

/** A gRPC envelope holds its length in 32 bits. */
const largestMessageBytes = 0xffffffff;

function messageBytes(options: ImClientOptions, name: "maxReceiveBytes" | "maxSendBytes"): number {
  const value = options[name] ?? defaultOptions[name];
  if (Number.isInteger(value) && value >= 1 && value <= largestMessageBytes) return value;
  throw invalidArgument(name, value, `an integer from 1 to ${largestMessageBytes}`);
}
