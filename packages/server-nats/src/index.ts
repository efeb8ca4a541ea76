export type { NatsAudioStoreOptions } from "./audio/nats-audio-store-options.ts";
export { natsStorage } from "./nats-storage.ts";
export type { NatsStorageOptions, NatsTlsOptions } from "./nats-storage-options.ts";
export type { NatsPresenceOptions } from "./presence/nats-presence-options.ts";
