import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type RunningServer, skipWithout, startEtcd } from "@im-sdk/test-servers";
import { createInstance, ManualClock, startFaultProxy } from "@im-sdk/testing";
import { Endpoint } from "./endpoint.ts";
import { EtcdDiscovery } from "./etcd-discovery.ts";
import { resolveEtcdDiscoveryOptions } from "./etcd-discovery-options.ts";
import { openWatch } from "./open-watch.ts";
import { ServiceKeys } from "./service-keys.ts";
import { ServiceView } from "./service-view.ts";
import { metricOf } from "./test-kit/metrics.ts";
import { RawEtcd } from "./test-kit/raw-etcd.ts";
import { until } from "./test-kit/until.ts";

const keys = new ServiceKeys("/services");

describe("opening a watch", await skipWithout("etcd"), () => {
  let etcd: RunningServer;
  before(async () => {
    etcd = await startEtcd();
  });
  after(() => etcd.stop());
  const countWatchers = () => metricOf(etcd.address, "etcd_debugging_mvcc_watcher_total");

  /** Opens one, with something happening between its read and its watch. */
  async function open(address: string, clock: ManualClock, between: () => Promise<void>) {
    const endpoint = new Endpoint(address, resolveEtcdDiscoveryOptions({ endpoints: [address] }));
    const disturbed = {
      call: async (...args: Parameters<Endpoint["call"]>) => {
        const answer = await endpoint.call(...args);
        await between();
        return answer;
      },
      open: endpoint.open.bind(endpoint),
      lost: endpoint.lost.bind(endpoint),
      unavailable: endpoint.unavailable.bind(endpoint),
    } as unknown as Endpoint;
    const { signal } = new AbortController();
    const view = new ServiceView({ serviceName: "im", keys, registry: "etcd" });
    const opening = openWatch({ endpoint: disturbed, range: keys.service("im"), view, clock, signal });
    return { opening, endpoint };
  }

  test("what was compacted since the read ends it, and leaves nothing at etcd", async () => {
    using raw = new RawEtcd(etcd.address);
    const { opening, endpoint } = await open(etcd.address, new ManualClock(), async () => {
      for (const id of ["a", "b", "c"]) await raw.put(createInstance(id, { name: "im" }));
      const { header } = await raw.client.kv.range({ key: Buffer.from("any") });
      await raw.client.kv.compact({ revision: header.revision, physical: true });
    });
    // etcd confirms it first.
    const { code, message } = await (await opening).ended;
    assert.equal(code, "unavailable");
    assert.match(message, /cancelled the watch \(.*compacted/);
    await until(async () => (await countWatchers()) === 0);
    endpoint.close();
  });

  test("an etcd that has lost its data since the read ends it", async () => {
    await using own = await startEtcd();
    {
      using raw = new RawEtcd(own.address);
      for (let n = 0; n < 10; n++) await raw.put(createInstance("a", { name: "im" }));
    }
    const { opening, endpoint } = await open(own.address, new ManualClock(), async () => {
      await own.kill();
      await own.start({ keepData: false });
    });
    await assert.rejects(opening, { code: "unavailable", message: /has lost its data/ });
    endpoint.close();
  });

  test("one that is not confirmed in time is given up", async () => {
    await using proxy = await startFaultProxy(etcd.address);
    const clock = new ManualClock();
    const stalled = Promise.withResolvers<void>();
    const { opening, endpoint } = await open(proxy.address, clock, async () => {
      proxy.stall();
      stalled.resolve();
    });
    const rejected = assert.rejects(opening, { code: "unavailable", message: /did not confirm the watch within 5 s/ });
    await stalled.promise;
    await clock.advance(5_000);
    await rejected;
    assert.equal(clock.pending, 0);
    endpoint.close();
  });

  test("a watch that is left is no longer at etcd", async () => {
    await using discovery = new EtcdDiscovery({ endpoints: [etcd.address] });
    for await (const _ of discovery.watch("im")) {
      assert.equal(await countWatchers(), 1);
      break;
    }
    await until(async () => (await countWatchers()) === 0);
  });
});
