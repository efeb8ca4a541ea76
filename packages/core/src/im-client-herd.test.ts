// What becomes of a server whose clients are all thrown off in the same moment. The clients share a clock that stands still,
// so when each of them comes back is known to the step, however slow the machine.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { HealthStatus } from "@im-sdk/gen";
import { startImServer } from "@im-sdk/server";
import { ManualClock } from "@im-sdk/testing";
import { createEndpointPool } from "./connection/endpoint-pool.ts";
import { ImClient } from "./im-client.ts";
import type { ImClientOptions } from "./im-client-options.ts";
import { servePlain } from "./test-kit/serve.ts";
import { until } from "./test-kit/until.ts";

const clientCount = 200;
const windowMs = 10_000;
const stepMs = windowMs / 20;

class Herd {
  readonly clock = new ManualClock();
  readonly clients: ImClient[] = [];
  /** When each was told to come back, by user; undefined while it is connected. */
  readonly dueAtMs = new Map<string, number>();

  constructor(t: TestContext, address: string, options: Partial<ImClientOptions> = {}) {
    for (let n = 0; n < clientCount; n++) {
      const userId = `user-${n}`;
      const client = new ImClient({
        userId,
        services: [address],
        credentials: userId,
        retryIntervalMs: windowMs,
        maxRetries: Number.POSITIVE_INFINITY,
        clock: this.clock,
        ...options,
      });
      client.on("reconnecting", ({ delayMs }) => this.dueAtMs.set(userId, this.clock.now() + delayMs));
      this.clients.push(client);
    }
    t.after(() => Promise.all(this.clients.map((client) => client.disconnect())));
  }

  async connect(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.connect()));
  }

  async thrownOff(): Promise<void> {
    await until(() => this.clients.every(({ state }) => state === "reconnecting"));
  }

  /** Lets so much time pass; in every step those whose time has come arrive, and nobody else does. */
  async comeBack(ms: number, arrivals: ReadonlyMap<string, number>): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      await this.clock.advance(stepMs);
      const due = this.clients.filter((_, n) => (this.dueAtMs.get(`user-${n}`) ?? 0) <= this.clock.now());
      await until(() => due.every(({ isConnected }) => isConnected));
      assert.equal(arrivals.size, due.length, `at ${this.clock.now()} ms`);
    }
    assert.equal(arrivals.size, clientCount);
    for (const [userId, atMs] of arrivals) {
      assert.ok(atMs >= (this.dueAtMs.get(userId) ?? 0), `${userId} came at ${atMs}`);
    }
  }
}

/** No tenth of the window after `fromMs` is empty, and none has more than a third: both next to impossible for 200 by chance. */
function assertSpread(arrivals: ReadonlyMap<string, number>, fromMs: number): void {
  const tenths = Array.from({ length: 10 }, () => 0);
  for (const atMs of arrivals.values()) {
    // One that came within a step may be seen at the end of it.
    const tenth = Math.floor((10 * (atMs - fromMs - 1)) / windowMs);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  const isSpread = tenths.length === 10 && tenths.every((count) => count > 0 && count < clientCount / 3);
  assert.ok(isSpread, `arrivals by tenths of the window: ${tenths.join(" ")}`);
}

/** A server whose arrivals are those of its users' first calls. */
async function startServer(t: TestContext, clock: ManualClock | undefined, port = 0) {
  const arrivals = new Map<string, number>();
  const server = await startImServer({
    port,
    authenticate(userId = "") {
      if (!arrivals.has(userId)) arrivals.set(userId, clock?.now() ?? 0);
      return userId;
    },
  });
  t.after(() => server.close());
  return { server, arrivals };
}

for (const isShared of [true, false]) {
  test(`${clientCount} clients ${isShared ? "of one pool" : "with connections of their own"} come back to a restarted server over the whole backoff window`, async (t) => {
    const first = await startServer(t, undefined);
    const pool = createEndpointPool();
    t.after(() => pool.close());
    const herd = new Herd(t, `127.0.0.1:${first.server.port}`, isShared ? { endpointPool: pool } : {});
    await herd.connect();
    await first.server.close();
    await herd.thrownOff();
    const { arrivals } = await startServer(t, herd.clock, first.server.port);
    await herd.comeBack(windowMs, arrivals);
    assertSpread(arrivals, 0);
  });
}

test(`${clientCount} clients that a server asks to wait come no earlier than that, and spread all the same`, async (t) => {
  const askedMs = 5_000;
  const arrivals = new Map<string, number>();
  const throwOff = Promise.withResolvers<void>();
  let isThrownOff = false;
  const server = await servePlain({
    healthCheck: () => ({ status: HealthStatus.SERVING }),
    async *streamMessages(_, { requestHeader, signal }) {
      if (isThrownOff) {
        arrivals.set(requestHeader.get("user-id") ?? "", herd.clock.now());
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        return;
      }
      await throwOff.promise;
      throw new ConnectError("too many", Code.Unavailable, { "grpc-retry-pushback-ms": `${askedMs}` });
    },
  });
  t.after(() => server[Symbol.asyncDispose]());
  const pool = createEndpointPool();
  t.after(() => pool.close());
  const herd = new Herd(t, server.address, { endpointPool: pool });
  await herd.connect();
  isThrownOff = true;
  throwOff.resolve();
  await herd.thrownOff();
  await herd.comeBack(askedMs + windowMs, arrivals);
  assertSpread(arrivals, askedMs);
});
