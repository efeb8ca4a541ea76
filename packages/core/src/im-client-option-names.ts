import type { ImClientOptions } from "./im-client-options.ts";

const all: Record<keyof ImClientOptions, true> = {
  userId: true,
  defaultRoomId: true,
  serviceName: true,
  discovery: true,
  services: true,
  leaveAfterMs: true,
  keepLastInstances: true,
  balancer: true,
  hashKey: true,
  tls: true,
  endpointPool: true,
  connectTimeoutMs: true,
  requestTimeoutMs: true,
  heartbeatIntervalMs: true,
  heartbeatTimeoutMs: true,
  maxRetries: true,
  retryIntervalMs: true,
  credentials: true,
  interceptors: true,
  outbox: true,
  inbox: true,
  acknowledge: true,
  store: true,
  maxReceiveBytes: true,
  maxSendBytes: true,
  logger: true,
  onMessage: true,
  onConnect: true,
  onDisconnect: true,
  onError: true,
  clock: true,
  random: true,
};

/** Every option of a client, so that a word which is none can be told; the compiler keeps it complete. */
export const imClientOptionNames: readonly string[] = Object.keys(all);
