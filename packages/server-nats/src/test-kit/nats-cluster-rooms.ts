import type { TestContext } from "node:test";
import type { RoomLog, ServerStorage } from "@im-sdk/server";
import { startNatsCluster } from "@im-sdk/test-servers";
import { natsStorage } from "../nats-storage.ts";
import type { NatsStorageOptions } from "../nats-storage-options.ts";
import { logOptions } from "./room.ts";

/**
 * A cluster of three NATS and three servers of ours with the same room, in three copies by default. Each server is told of another NATS, and
 * hears of the rest from that one. All is closed when the test ends.
 */
export async function natsClusterRooms(t: TestContext, options: NatsStorageOptions = {}) {
  const { servers: nats, stop } = await startNatsCluster();
  const storages: ServerStorage[] = [];
  t.after(async () => {
    await Promise.all(storages.map((storage) => storage.close()));
    await stop();
  });
  for (const { address } of nats) storages.push(await natsStorage({ servers: address, replicas: 3, ...options }));
  const logs = storages.map((storage): RoomLog => storage.openLog("r", logOptions({ maxMessages: 1_000_000 })));
  return { nats, storages, logs };
}
