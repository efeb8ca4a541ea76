import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { skipWithout, startConsul } from "@im-sdk/test-servers";
import { createInstance } from "@im-sdk/testing";
import type { ConsulCheck } from "./consul-check.ts";
import { ConsulDiscovery } from "./consul-discovery.ts";
import { startHealthServer } from "./test-kit/start-health-server.ts";
import { until } from "./test-kit/until.ts";
import { WatchRecorder } from "./test-kit/watch-recorder.ts";

const real = await skipWithout("consul");

describe("a Consul that dies", real, () => {
  const checks: ConsulCheck[] = [
    { kind: "grpc", intervalMs: 1_000 },
    { kind: "ttl", ttlMs: 3_000 },
  ];

  for (const keepData of [true, false]) {
    test(`by SIGKILL, and comes back ${keepData ? "with" : "without"} its data: everything is as before`, async () => {
      await using consul = await startConsul();
      await using health = await startHealthServer();
      const { address } = consul;
      await using grpc = new ConsulDiscovery({ address, check: checks[0] as ConsulCheck });
      await using ttl = new ConsulDiscovery({ address, check: checks[1] as ConsulCheck });
      const errors: Error[] = [];
      const onError = (error: Error) => errors.push(error);
      await grpc.register(createInstance("by-grpc", { port: health.port }), { onError });
      await ttl.register(createInstance("by-ttl"), { onError });
      const watch = new WatchRecorder(grpc, "im-service");
      await watch.until(({ lastIds }) => lastIds === "by-grpc by-ttl");
      const before = watch.last;
      await consul.kill();
      await watch.until(({ errors }) => errors.length >= 2);
      assert.equal(watch.last, before);
      const { length } = watch.snapshots;
      await consul.start({ keepData });
      await watch.until(({ snapshots, lastIds }) => snapshots.length > length && lastIds === "by-grpc by-ttl");
      assert.deepEqual(watch.last, before);
      // What is registered anew is critical until Consul has asked it for the first time.
      while (!isDeepStrictEqual(await ttl.discover("im-service"), before)) await pause(50);
    });
  }

  test("for twenty seconds by SIGSTOP: watch and registration tell it while it lasts, and are as before afterwards", async () => {
    await using consul = await startConsul();
    await using discovery = new ConsulDiscovery({ address: consul.address, check: { kind: "ttl", ttlMs: 9_000 } });
    const errors: Error[] = [];
    await discovery.register(createInstance("a"), { onError: (error) => errors.push(error) });
    const watch = new WatchRecorder(discovery, "im-service");
    await watch.until(({ lastIds }) => lastIds === "a");
    const [before] = watch.snapshots;
    const frozen = pause(20_000);
    consul.pause();
    await watch.until(({ errors }) => errors.length > 0);
    await until(() => errors.length > 0);
    await frozen;
    assert.equal(watch.last, before);
    const { length } = watch.snapshots;
    consul.resume();
    await watch.until(({ snapshots }) => snapshots.length > length);
    // The TTL ran out while Consul was frozen, so the instance may be critical until the next heartbeat.
    await until(async () => isDeepStrictEqual(await discovery.discover("im-service"), before) && watch.lastIds === "a");
    assert.deepEqual(watch.last, before);
  });
});
