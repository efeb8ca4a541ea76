export { natsStorage } from "./nats-storage.ts";
export type { NatsStorageOptions, NatsTlsOptions } from "./nats-storage-options.ts";
