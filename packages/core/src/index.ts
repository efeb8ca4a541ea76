export type {
  ClientStore,
  Clock,
  LoadBalancer,
  PickContext,
  RegisterOptions,
  Registration,
  RegistryErrorCode,
  RegistryErrorOptions,
  ServiceDiscovery,
  ServiceInstance,
  ServiceRegistry,
  StoreChange,
  StoreEntry,
  StoreErrorCode,
  WatchOptions,
} from "@im-sdk/contracts";
export { RegistryError, StoreError } from "@im-sdk/contracts";
export { HealthStatus, MessageType, TranscriptStatus, UserRole } from "@im-sdk/gen";
export type { AudioSource } from "./audio/audio-source.ts";
export type { UploadOptions, UploadProgress } from "./audio/upload-audio.ts";
export type { ConnectionState } from "./connection/connection.ts";
export type { ReconnectAttempt } from "./connection/dialer.ts";
export type { EndpointLease, EndpointOptions, TlsOptions } from "./connection/endpoint.ts";
export { createEndpointPool, type EndpointPool } from "./connection/endpoint-pool.ts";
export type { KnownInstances } from "./connection/instance-set.ts";
export type { Gap, RoomPosition } from "./delivery/gap.ts";
export type { InboxOptions, MessagesOptions, WhenFull } from "./delivery/inbox-options.ts";
export { MemoryStore } from "./delivery/memory-store.ts";
export type { SendOptions } from "./delivery/message-sender.ts";
export type { OutboxOptions } from "./delivery/outbox-options.ts";
export type { AcknowledgedReceipt, SendReceipt, WrittenReceipt } from "./delivery/send-receipt.ts";
export type {
  ImDiagnostics,
  ObservedCall,
  ObservedClient,
  ObservedConnect,
  ObservedReceive,
  ObservedSend,
} from "./diagnostics/im-diagnostics.ts";
export { SharedDiscovery } from "./discovery/shared-discovery.ts";
export { StaticDiscovery } from "./discovery/static-discovery.ts";
export type { Listener } from "./events/event-hub.ts";
export type { ImEvents } from "./events/im-events.ts";
export { ImClient } from "./im-client.ts";
export { defaultOptions, type ImClientBaseOptions, type ImClientOptions } from "./im-client-options.ts";
export { ImError, type ImErrorCode, type ImErrorOptions } from "./im-error.ts";
// For those who use the generated stubs directly.
export { createCredentialsInterceptor } from "./interceptors/credentials-interceptor.ts";
export { createHeartbeatInterceptor, type HeartbeatInterceptorOptions } from "./interceptors/heartbeat-interceptor.ts";
export { createIdentityInterceptor, type IdentityInterceptorOptions } from "./interceptors/identity-interceptor.ts";
export type { RetryBudgetOptions } from "./interceptors/retry-budget.ts";
export { createRetryInterceptor, type RetryInterceptorOptions } from "./interceptors/retry-interceptor.ts";
export type { AccessToken, CredentialsInterceptorOptions, TokenProvider } from "./interceptors/token-cache.ts";
export type { Logger } from "./logging/logger.ts";
export type { AudioInput, RichTextInput, SendableMessage } from "./messages/encode-message.ts";
export type {
  AudioMessage,
  ControlMessage,
  ImMessage,
  RichTextMessage,
  SystemMessage,
  TextMessage,
  UnknownMessage,
} from "./messages/im-message.ts";
export type { ListMessagesOptions } from "./rooms/list-messages.ts";
export { type StreamObserver, streamObserverKey } from "./transport/stream-observer.ts";
export { createStreamTransport, type StreamTransportOptions } from "./transport/stream-transport.ts";
export type { RequestOptions } from "./unary-call.ts";
