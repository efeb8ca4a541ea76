import { startImServer } from "@im-sdk/server";
import { startNats } from "@im-sdk/test-servers";
import { natsStorage } from "../nats-storage.ts";
import { logOptions, messageOf } from "./room.ts";

// Run as a process of its own: it must end by itself once all is closed.
const nats = await startNats();
const server = await startImServer({ storage: await natsStorage({ servers: nats.address }) });
const storage = await natsStorage({ servers: nats.address, appendTimeoutMs: 1_000 });
const log = storage.openLog("r", logOptions());
log.follow(() => {});
await log.append(messageOf("a"), "a");
await server.close();
console.log("closed");
await nats.stop();
Promise.resolve(log.append(messageOf("b"), "b")).catch(() => {});
await storage.close();
console.log("closed without NATS");
