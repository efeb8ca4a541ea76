import type { NatsConnection } from "@nats-io/transport-node";

/** Resolves when a connection that is going to break is there again. */
export async function reconnected(connection: NatsConnection): Promise<void> {
  for await (const { type } of connection.status()) if (type === "reconnect") return;
}
