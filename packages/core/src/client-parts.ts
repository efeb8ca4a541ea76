import { type Client, createClient, type Transport } from "@connectrpc/connect";
import type { ServiceInstance } from "@im-sdk/contracts";
import { IMService, type MessageResponse } from "@im-sdk/gen";
import { createDelivery } from "./client-delivery.ts";
import { connectOnce } from "./connection/connect-once.ts";
import { Connection } from "./connection/connection.ts";
import { Departure } from "./connection/departure.ts";
import type { EndpointLease } from "./connection/endpoint.ts";
import { probeHealth } from "./connection/health.ts";
import { InstanceSet } from "./connection/instance-set.ts";
import type { Link } from "./connection/link.ts";
import { openLink } from "./connection/open-link.ts";
import { createRoutedTransport } from "./connection/routed-transport.ts";
import { Conversation } from "./delivery/conversation.ts";
import type { Greeting } from "./delivery/greeting.ts";
import { MessageSender } from "./delivery/message-sender.ts";
import { diagnoseCalls } from "./diagnostics/diagnose-calls.ts";
import { Diagnostics } from "./diagnostics/diagnostics.ts";
import { createClientEvents } from "./events/client-events.ts";
import type { ResolvedImClientOptions } from "./im-client-options.ts";
import { ImError } from "./im-error.ts";
import { interceptWithTokens } from "./interceptors/credentials-interceptor.ts";
import { createHeartbeatInterceptor } from "./interceptors/heartbeat-interceptor.ts";
import { createIdentityInterceptor } from "./interceptors/identity-interceptor.ts";
import { createRetryInterceptor } from "./interceptors/retry-interceptor.ts";
import { TokenCache } from "./interceptors/token-cache.ts";
import { RoomCalls } from "./rooms/room-calls.ts";
import { interceptTransport } from "./transport/intercepted-transport.ts";

const capabilities = ["ack", "resume"];

/** The parts of a client, connected to each other. `ownTransport` takes the place of instances and connections. */
export function createClientParts(options: ResolvedImClientOptions, ownTransport: Transport | undefined) {
  const { userId, clock, random, balancer, serviceName } = options;
  const diagnostics = new Diagnostics({ userId, serviceName });
  const events = createClientEvents(options, diagnostics);
  const instances = new InstanceSet({
    serviceName,
    balancer,
    keepLastInstances: options.keepLastInstances,
    clock,
    onChange(known, error) {
      void events.emit("instances", { ...known, error });
      departure.check();
    },
    onError: (error) => void events.emit("error", error),
  });
  const delivery = createDelivery(options, events);
  const { outbox, positions, rooms, inbox } = delivery;

  const tokens = createTokenCache(options);
  const identity = createIdentityInterceptor({ userId, capabilities });
  const credentials = tokens === undefined ? [] : [interceptWithTokens(tokens)];
  const perCall = [identity, ...credentials, ...options.interceptors];
  const retry = createRetryInterceptor({
    maxAttempts: options.maxRetries + 1,
    dedupesMessages: () => connection.link?.capabilities.has("ack") ?? false,
    clock,
    random,
  });
  const greetings = new WeakMap<Link, Greeting>();

  const conversation = new Conversation({
    userId,
    defaultRoomId: options.defaultRoomId,
    outbox,
    inbox,
    rooms,
    positions,
    onAccepted: (frame) => diagnostics.receive(frame),
    joinByCall: (roomId) => roomCalls.rejoin(roomId),
    onServerDraining: (link) => void connection.replace(link),
    onError: (error) => void events.emit("error", error),
  });

  async function open(instance: ServiceInstance | undefined, signal: AbortSignal): Promise<Link> {
    const lease = instance === undefined ? undefined : await acquire(instance, options, signal);
    const base = lease?.transport ?? requireTransport(ownTransport);
    const greeting = conversation.greeting();
    const check = (checkSignal: AbortSignal) => probeHealth(interceptTransport(base, perCall), checkSignal);
    const heartbeat = createHeartbeatInterceptor({
      userId,
      intervalMs: options.heartbeatIntervalMs,
      timeoutMs: options.heartbeatTimeoutMs,
      check,
      clock,
    });
    const link = await openLink(
      {
        instance,
        lease,
        base,
        transport: interceptTransport(base, [heartbeat, ...perCall]),
        header: greeting.header,
        greeting: greeting.frames,
        onFrame: (frame: MessageResponse, from: Link) => conversation.onFrame(frame, from),
        onWritten: (messages) => conversation.onWritten(messages),
        onTooLarge: () => void events.emit("error", leftOut(options.maxReceiveBytes)),
        onDraining: (from) => void connection.replace(from),
      },
      signal,
    );
    greetings.set(link, greeting);
    return link;
  }

  const connection = new Connection({
    connectOnce: (context) =>
      connectOnce(
        {
          serviceName,
          balancer: ownTransport === undefined ? balancer : undefined,
          hashKey: options.hashKey,
          instanceCount: () => instances.list?.length,
          open: (instance, signal) => diagnostics.connect(instance, () => open(instance, signal)),
          clock,
        },
        context,
      ),
    elsewhere: ({ instance }) => instance && instances.elsewhere(instance, options.hashKey),
    renewToken: () => typeof options.credentials === "function" && (tokens?.clear() ?? false),
    connectTimeoutMs: options.connectTimeoutMs,
    maxRetries: options.maxRetries,
    retryIntervalMs: options.retryIntervalMs,
    clock,
    random,
    onStateChange: (state, previous) => void events.emit("stateChange", { state, previous }),
    onLink(link, previous) {
      conversation.onLink(link, greetings.get(link) ?? { header: new Headers(), frames: [] }, previous);
      departure.check();
      void events.emit("connect", {
        instance: link.instance,
        capabilities: [...link.capabilities],
      });
    },
    onLost(error) {
      departure.check();
      conversation.onLost(error);
      void events.emit("disconnect", error);
    },
    onReconnecting: (attempt) => void events.emit("reconnecting", attempt),
    onGaveUp(error) {
      outbox.close(error);
      inbox.giveUp(error);
      void events.emit("error", error);
    },
  });

  const departure = new Departure({
    afterMs: options.leaveAfterMs,
    link: () => connection.link,
    isListed: (instance) => instances.lists(instance),
    canLeave: (instance) => !instances.known.isStale && instances.elsewhere(instance, options.hashKey) !== undefined,
    leave: (link) => connection.replace(link),
    clock,
    random,
  });

  const routed = createRoutedTransport((signal) => connection.ready(signal));
  const service: Client<typeof IMService> = createClient(
    IMService,
    interceptTransport(routed, [diagnoseCalls(diagnostics), retry, ...perCall]),
  );
  const { requestTimeoutMs, maxSendBytes } = options;
  const roomCalls = new RoomCalls({ userId, service, connection, rooms, positions, requestTimeoutMs });
  const { maxAgeMs } = options.outbox;
  const sender = new MessageSender({
    userId,
    requestTimeoutMs,
    maxAgeMs,
    maxSendBytes,
    outbox,
    connection,
    diagnostics,
    clock,
  });

  if (options.services !== undefined) instances.update(options.services);

  /** Something can tell an instance, now or once it has been asked. */
  const canPick = () =>
    ownTransport !== undefined ||
    options.discovery !== undefined ||
    options.hasOwnBalancer ||
    instances.list !== undefined;

  return { events, instances, delivery, tokens, connection, departure, service, rooms: roomCalls, sender, canPick };
}

function createTokenCache({ credentials, clock }: ResolvedImClientOptions): TokenCache | undefined {
  if (credentials === undefined) return undefined;
  return new TokenCache({ provider: typeof credentials === "string" ? () => credentials : credentials, clock });
}

function acquire(
  instance: ServiceInstance,
  options: ResolvedImClientOptions,
  signal: AbortSignal,
): Promise<EndpointLease> {
  const { tls, maxReceiveBytes, maxSendBytes } = options;
  return options.endpointPool.acquire(
    instance,
    { tls, readMaxBytes: maxReceiveBytes, writeMaxBytes: maxSendBytes },
    signal,
  );
}

function requireTransport(transport: Transport | undefined): Transport {
  if (transport === undefined) throw new Error("a link needs an instance or a transport");
  return transport;
}

function leftOut(maxReceiveBytes: number): ImError {
  const message = `a received message was left out: it is larger than maxReceiveBytes (${maxReceiveBytes} bytes)`;
  return new ImError("resource_exhausted", message);
}
