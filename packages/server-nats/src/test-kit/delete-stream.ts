import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";

/** Deletes a stream, and tells whoever wants to know, as NATS does; 2.9 at times has ended the stream before it could. */
export async function deleteStream(connection: NatsConnection, name: string): Promise<void> {
  const { streams } = await jetstreamManager(connection);
  await streams.delete(name);
  connection.publish(`$JS.EVENT.ADVISORY.STREAM.DELETED.${name}`);
  await connection.flush();
}
