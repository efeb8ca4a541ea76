// One server of the soak: node server.ts <port> <folder> <memory|disk>. Serves until it is killed; SIGTERM drains it. What it has
// to complain of is appended to problems.log in the folder.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { type LogFields, startImServer } from "@im-sdk/server";
import { levelStorage } from "@im-sdk/server-level";

const [port = "0", folder = ".", log = "memory"] = process.argv.slice(2);
const complain = (message: string, fields?: LogFields) =>
  appendFileSync(join(folder, "problems.log"), `${message} ${inspect(fields, { breakLength: Infinity })}\n`);

const starting = startImServer({
  port: Number(port),
  ...(log === "disk" && { storage: await levelStorage({ path: join(folder, "rooms") }) }),
  retention: { maxMessages: 1_000_000, maxBytes: 512 * 1024 * 1024, maxDuplicateIds: 1_000_000 },
  // Small enough for slow streams to catch up from the log.
  limits: { maxQueueMessages: 200, keepaliveMs: 2_000 },
  // So that something is rejected.
  defaultRoom: { persistent: true, allowRichText: false },
  logger: { error: complain, warn: complain, info() {}, debug() {} },
});
// Before it listens, so that it can be drained from then on.
process.on("SIGTERM", async () => (await starting).drain({ timeoutMs: 1_000 }));
// From a terminal it reaches all of the group; who started this server decides what becomes of it.
process.on("SIGINT", () => {});
console.log((await starting).url);
