export { createNatsPresence, type NatsPresence } from "./presence/nats-presence.ts";
export type { NatsPresenceOptions } from "./presence/nats-presence-options.ts";
