// Uses everything that a client has, against servers of its parent, disconnects, and must then end by itself; it prints how
// long that took. Forked by im-client-process.test.ts.
import { once } from "node:events";
import { writeSync } from "node:fs";
import { ImClient } from "../im-client.ts";
import type { ImClientOptions } from "../im-client-options.ts";
import { createEndpointPool, SharedDiscovery, StaticDiscovery } from "../index.ts";
import { Recorder } from "./recorder.ts";

/** Addresses of the parent's servers, and the authority of the one with TLS. */
export interface Places {
  plain: string;
  secure: string;
  ca: string;
  /** Drains when it is told to. */
  leaving: string;
  /** Goes away when it is told to, and does not come back. */
  dying: string;
  /** A proxy that lets nothing through any more when it is told to. */
  stalling: string;
  /** A host that accepts and says nothing. */
  silent: string;
}

/** What the parent does when it is told to. */
export type Command = "drain" | "kill" | "stall" | "restart";

const places = JSON.parse(process.argv[2] ?? "") as Places;
const clients: (Recorder & { readonly client: ImClient })[] = [];
const pool = createEndpointPool();
const onOrphaned = () => process.exit(1);
process.on("disconnect", onOrphaned);
const shared = new SharedDiscovery(new StaticDiscovery([places.plain]));

function record(options: Partial<ImClientOptions>) {
  const client = new ImClient({
    userId: `user-${clients.length}`,
    defaultRoomId: "lobby",
    onMessage: () => {},
    retryIntervalMs: 20,
    ...options,
  });
  const recorder = Object.assign(new Recorder(client), { client });
  clients.push(recorder);
  return recorder;
}

async function connect(options: Partial<ImClientOptions>) {
  const recorder = record(options);
  await recorder.client.connect();
  return recorder;
}

async function tell(command: Command): Promise<void> {
  process.send?.(command);
  await once(process, "message");
}

async function* endless() {
  for (;;) yield new Uint8Array(10_000);
}

/** Every call, and loops in all states. */
async function useAll(client: ImClient): Promise<void> {
  await client.joinRoom("other", { nickname: "N" });
  await client.leaveRoom("other");
  await client.getRoomInfo("lobby");
  await client.healthCheck();
  await client.service.healthCheck({});
  await client.sendTextMessage("lobby", "hello", { signal: new AbortController().signal, timeoutMs: 60_000 });
  await client.sendRichTextMessage("lobby", { contentType: "markdown", rawContent: "#" });
  const { audioId } = await client.uploadAudio("lobby", new Uint8Array(100_000), { format: "opus" });
  await client.getAudioTranscript(audioId);
  for await (const _ of client.listMessages("lobby", { pageSize: 1 })) break;
  const loop = client.messages({ roomId: "lobby", signal: new AbortController().signal });
  const next = loop.next();
  await client.sendTextMessage("lobby", "again");
  await next;
}

const all = await connect({ services: [places.plain], credentials: async () => "secret" });
await useAll(all.client);
const secure = await connect({
  tls: { ca: places.ca },
  discovery: new StaticDiscovery([places.secure]),
  endpointPool: pool,
});
await useAll(secure.client);
for (let n = 0; n < 2; n++) {
  await connect({ discovery: shared.share(), endpointPool: pool, heartbeatIntervalMs: 5, heartbeatTimeoutMs: 60_000 });
}

await tell("restart");
await all.until((recorder) => recorder.of("gap").length > 0 && recorder.client.isConnected);

const moved = await connect({ services: [places.leaving, places.plain], random: () => 0 });
await tell("drain");
await moved.until(({ servedBy }) => servedBy.length === 2);
await moved.client.drain();

const dropped = await connect({ services: [places.dying], retryIntervalMs: 600_000, random: () => 0.9 });
const gaveUp = await connect({ services: [places.dying], maxRetries: 0 });
await tell("kill");
await gaveUp.until((recorder) => recorder.of("error").length > 0);
await dropped.until((recorder) => recorder.of("reconnecting").length > 0);

let hasToken = true;
const forgetful = await connect({
  services: [places.plain],
  // A token that has run out when it is given is asked for again by the next call.
  credentials: () => (hasToken ? { token: "secret", expiresAt: new Date(0) } : new Promise<never>(() => {})),
});
hasToken = false;

// Everything that can be pending at the end is.
const pending: Promise<unknown>[] = [];
const stalled = await connect({ services: [places.stalling] });
await tell("stall");
pending.push(
  stalled.client.sendTextMessage("lobby", "on its way", { timeoutMs: 600_000 }),
  stalled.client.getRoomInfo("lobby", { timeoutMs: 600_000 }),
  stalled.client.uploadAudio("lobby", endless(), { format: "opus", timeoutMs: 600_000 }),
  dropped.client.sendTextMessage("lobby", "waits for a connection", { timeoutMs: 600_000 }),
  dropped.client.joinRoom("other", {}, { timeoutMs: 600_000 }),
  forgetful.client.getRoomInfo("lobby", { timeoutMs: 600_000 }),
  record({ services: [places.silent], connectTimeoutMs: 600_000 }).client.connect(),
  record({ discovery: new StaticDiscovery([]), connectTimeoutMs: 600_000 }).client.connect(),
);
// Neither of these is ever disconnected.
new ImClient({ userId: "idle", services: [places.plain] });
clients.splice(clients.indexOf(gaveUp), 1);
for (const { client } of clients) void client.messages().next();

process.off("disconnect", onOrphaned);
process.disconnect();
const settled = Promise.allSettled(pending);
await Promise.all(clients.map(({ client }) => client.disconnect({ timeoutMs: 50 })));
const endedAt = performance.now();
await settled;
await pool.close();
await shared.close();
process.on("exit", () => writeSync(1, `ended ${Math.round(performance.now() - endedAt)} ms after disconnect\n`));
// Does not keep the process alive; what does is named.
setTimeout(() => {
  writeSync(1, `kept alive by ${process.getActiveResourcesInfo().join(" ")}\n`);
  process.exit(1);
}, 5_000).unref();
