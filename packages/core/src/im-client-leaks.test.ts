import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type ImServer, startImServer } from "@im-sdk/server";
import type { Holdings } from "./test-kit/holdings.ts";
import type { ReconnectingReport } from "./test-kit/reconnecting-program.ts";

/** Far below the 29 KB that a stream holds, and above what the code that V8 goes on compiling and known message ids take. */
const maxHeapBytesEach = 8_000;

/** Runs the program against servers of this process, one at a time. */
async function reconnect(way: "cut" | "drain", earlyCount: number, count: number): Promise<ReconnectingReport> {
  const program = fileURLToPath(new URL("./test-kit/reconnecting-program.ts", import.meta.url));
  const servers: ImServer[] = [await startImServer()];
  const args = [way, `${earlyCount}`, `${count}`, addressOf(servers[0])];
  const child = fork(program, args, { execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning"] });
  try {
    const report = answer(child, servers);
    const [code, signal] = await once(child, "exit");
    assert.deepEqual([code, signal], [0, null], "it ends by itself");
    return await report;
  } finally {
    child.kill("SIGKILL");
    for (const server of servers) await server.close();
  }
}

/** Does what the program asks for, until it reports. */
function answer(child: ChildProcess, servers: ImServer[]): Promise<ReconnectingReport> {
  const { promise, resolve, reject } = Promise.withResolvers<ReconnectingReport>();
  child.once("exit", () => reject(new Error("the program ended without a report")));
  promise.catch(() => {});
  child.on("message", async (message: string | ReconnectingReport) => {
    if (typeof message !== "string") return resolve(message);
    if (message === "start another") servers.push(await startImServer());
    else await servers.shift()?.drain({ timeoutMs: 60_000 });
    child.send(addressOf(servers.at(-1)));
  });
  return promise;
}

function addressOf(server: ImServer | undefined): string {
  return `127.0.0.1:${server?.port}`;
}

function assertFlat(early: Holdings, late: Holdings, times: number): void {
  assert.deepEqual(late.resources, early.resources, "handles and timers");
  // What comes and goes with every connection may be caught once more than before; what stays would be there each time.
  const fewMore = times / 20;
  for (const counts of ["objects", "listeners"] as const) {
    for (const [name, count] of Object.entries(late[counts])) {
      const before = early[counts][name] ?? 0;
      assert.ok(count <= before + fewMore, `${name}: ${before} ${counts} early, ${count} late`);
    }
  }
  const bytesEach = (late.heapBytes - early.heapBytes) / times;
  assert.ok(bytesEach < maxHeapBytesEach, `the heap grows by ${bytesEach} bytes each time`);
}

describe("a client that changes its connection again and again", { concurrency: true }, () => {
  test("1,000 reconnects under way of a conversation leave nothing behind, lose nothing and bring nothing twice", {
    timeout: 600_000,
  }, async () => {
    const { early, late, ...told } = await reconnect("cut", 200, 1_000);
    assert.deepEqual(told, { warnings: [], connects: 1_001, disconnects: 1_001, sent: 3_000, wrong: [] });
    assertFlat(early, late, 800);
  });

  test("300 moves away from draining servers leave nothing behind, and are no disconnects", {
    timeout: 600_000,
  }, async () => {
    const { early, late, ...told } = await reconnect("drain", 100, 300);
    // The last one is of `disconnect()` itself.
    assert.deepEqual(told, { warnings: [], connects: 301, disconnects: 1, sent: 900, wrong: [] });
    assertFlat(early, late, 200);
  });
});
