import type { TestContext } from "node:test";
import type { RoomLog, ServerStorage } from "@im-sdk/server";
import { type RunningServer, startNats } from "@im-sdk/test-servers";
import { natsStorage } from "../nats-storage.ts";
import type { NatsStorageOptions } from "../nats-storage-options.ts";
import { logOptions } from "./room.ts";

/** A NATS, and the same room on some servers of ours, each following it. All is closed when the test ends. */
export async function natsRooms(t: TestContext, count: number, options: NatsStorageOptions = {}) {
  const nats: RunningServer = await startNats();
  const storages: ServerStorage[] = [];
  t.after(async () => {
    await Promise.all(storages.map((storage) => storage.close()));
    await nats.stop();
  });
  const rooms: { readonly storage: ServerStorage; readonly log: RoomLog }[] = [];
  for (let server = 0; server < count; server += 1) {
    const storage = await natsStorage({ servers: nats.address, ...options });
    storages.push(storage);
    rooms.push({ storage, log: storage.openLog("r", logOptions()) });
  }
  return { nats, rooms, logs: rooms.map(({ log }) => log) };
}
