import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type RunningServer, skipWithout, startEtcd } from "@im-sdk/test-servers";
import { ManualClock } from "@im-sdk/testing";
import { Cluster } from "./cluster.ts";
import { EntryKeeper } from "./entry-keeper.ts";
import { resolveEtcdDiscoveryOptions } from "./etcd-discovery-options.ts";
import { RawEtcd } from "./test-kit/raw-etcd.ts";

describe("an entry and its lease", await skipWithout("etcd"), () => {
  let etcd: RunningServer;
  let raw: RawEtcd;
  let cluster: Cluster;
  before(async () => {
    etcd = await startEtcd();
    raw = new RawEtcd(etcd.address);
    cluster = new Cluster(resolveEtcdDiscoveryOptions({ endpoints: [etcd.address] }));
  });
  after(async () => {
    cluster.close();
    raw[Symbol.dispose]();
    await etcd.stop();
  });
  const { signal } = new AbortController();
  function setUp(key: string) {
    const clock = new ManualClock();
    const entry = { key: Buffer.from(key), value: Buffer.from("{}") };
    return { clock, keeper: new EntryKeeper({ entry, cluster, leaseTtlSeconds: 30, clock, random: Math.random }) };
  }

  test("is kept every third of the TTL under one lease, as long as our clock gives it", async () => {
    const { clock, keeper } = setUp("/kept");
    assert.equal(await keeper.keep(signal), 10_000);
    const first = await raw.leaseOf("/kept");
    for (let n = 0; n < 4; n++) {
      await clock.advance(29_999);
      await keeper.keep(signal);
    }
    assert.equal(await raw.leaseOf("/kept"), first);
    // etcd, whose clock has not moved, would still renew it.
    await clock.advance(30_000);
    await keeper.keep(signal);
    assert.notEqual(await raw.leaseOf("/kept"), first);
    await keeper.remove(signal);
    assert.equal(await raw.leaseOf("/kept"), "0");
  });

  test("an entry is not written again without need", async () => {
    const { keeper } = setUp("/unchanged");
    for (let n = 0; n < 3; n++) await keeper.keep(signal);
    const { kvs } = await raw.client.kv.range({ key: Buffer.from("/unchanged") });
    assert.equal(kvs[0]?.version, "1");
  });

  test("a lease that is gone is told, and the next try has another", async () => {
    const { keeper } = setUp("/revoked");
    await keeper.keep(signal);
    await raw.client.leaseClient.leaseRevoke({ ID: await raw.leaseOf("/revoked") });
    await assert.rejects(keeper.keep(signal), { code: "unavailable", message: /the lease is gone/ });
    await keeper.keep(signal);
    assert.notEqual(await raw.leaseOf("/revoked"), "0");
    await keeper.remove(signal);
    await keeper.remove(signal);
  });
});
