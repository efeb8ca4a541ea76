// Changes its connection many times over while it talks, tells what it holds early and late, disconnects, and must then end
// by itself: forked by im-client-leaks.test.ts, which runs the servers. Arguments: `cut` or `drain`, how often until the first
// count, how often in all, and the server's address.
import { once } from "node:events";
import { startFaultProxy } from "@im-sdk/testing";
import { ImClient } from "../im-client.ts";
import type { ImMessage } from "../messages/im-message.ts";
import { type Holdings, HoldingsCounter } from "./holdings.ts";

/** What the program tells its parent at the end. */
export interface ReconnectingReport {
  early: Holdings;
  late: Holdings;
  warnings: string[];
  /** How often the client came up. */
  connects: number;
  disconnects: number;
  sent: number;
  /** Texts that did not come to the client itself in their turn, and sends that were not acknowledged. */
  wrong: string[];
}

const [way, earlyCount, count, address = ""] = process.argv.slice(2);
const counter = new HoldingsCounter();
const onOrphaned = () => process.exit(1);
process.on("disconnect", onOrphaned);
const warnings: string[] = [];
process.on("warning", ({ name, message }) => {
  // Of the counting itself.
  if (name !== "ExperimentalWarning") warnings.push(`${name}: ${message}`);
});

const proxy = await startFaultProxy(address);
const client = new ImClient({
  userId: "ann",
  defaultRoomId: "lobby",
  services: [way === "cut" ? proxy.address : address],
  retryIntervalMs: 1,
  maxRetries: Number.POSITIVE_INFINITY,
});
let connects = 0;
let disconnects = 0;
let sent = 0;
/** Sent and not received yet, in order. */
const expected: string[] = [];
const wrong: string[] = [];
let wake = () => {};
client.on("connect", () => {
  connects++;
  wake();
});
client.on("disconnect", () => {
  disconnects++;
});
client.on("message", (message: ImMessage) => {
  if (message.type !== "text") return;
  const text = expected.shift();
  if (message.text !== text) wrong.push(`got ${message.text} instead of ${text}`);
  wake();
});

async function ask(what: string): Promise<string> {
  process.send?.(what);
  const [answer] = (await once(process, "message")) as [string];
  return answer;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

function send(text: string): Promise<void> {
  sent++;
  expected.push(text);
  return client.sendTextMessage("lobby", text).then(
    ({ delivery }) => {
      if (delivery !== "acknowledged") wrong.push(`${text} was only ${delivery}`);
    },
    (error: unknown) => void wrong.push(`${text}: ${error}`),
  );
}

await client.connect();
await client.joinRoom("second");
let early: Holdings | undefined;
let drained: Promise<unknown> | undefined;
for (let n = 1; n <= Number(count); n++) {
  const sends = [send(`${n} before`)];
  // By turns: nothing of it has left, it has been written, it has been answered.
  if (n % 3 === 1) await new Promise(setImmediate);
  if (n % 3 === 2) await sends[0];
  if (way === "cut") {
    proxy.cut();
  } else {
    client.setServices([await ask("start another")]);
    drained = ask("drain the first");
  }
  sends.push(send(`${n} meanwhile`));
  await until(() => connects > n);
  sends.push(send(`${n} after`));
  await Promise.all(sends);
  await until(() => expected.length === 0);
  // The other end of the old connection is here, too, or with the parent.
  await drained;
  while (proxy.connections > 1) await new Promise(setImmediate);
  if (n === Number(earlyCount)) early = await counter.count();
}
const late = await counter.count();
await client.disconnect();
await proxy.close();
process.send?.({ early, late, warnings, connects, disconnects, sent, wrong });
process.off("disconnect", onOrphaned);
process.disconnect();
// Does not keep the process alive; what is still here then would stay.
setTimeout(() => process.exit(1), 10_000).unref();
