import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { skipWithout, startEtcd } from "@im-sdk/test-servers";
import { createInstance, startFaultProxy } from "@im-sdk/testing";
import { EtcdDiscovery } from "./etcd-discovery.ts";
import { keyOf, RawEtcd } from "./test-kit/raw-etcd.ts";
import { Recorder } from "./test-kit/recorder.ts";

describe("an etcd that says nothing any more", { ...(await skipWithout("etcd")), concurrency: true }, () => {
  test("frozen for 20 s: watch and registration notice, and are whole again afterwards", async () => {
    await using etcd = await startEtcd();
    using raw = new RawEtcd(etcd.address);
    await using discovery = new EtcdDiscovery({ endpoints: [etcd.address] });
    const [watching, registering] = [new Recorder(), new Recorder()];
    const registration = await discovery.register(createInstance("kept"), registering);
    void watching.read(discovery.watch("im-service", watching));
    await watching.until(({ ids }) => ids === "kept");
    const frozen = delay(20_000);
    etcd.pause();
    await watching.until(({ codes }) => codes.includes("unavailable"));
    await registering.until(({ codes }) => codes.length > 0);
    await frozen;
    assert.ok(registering.codes.every((code) => code === "unavailable"));
    etcd.resume();
    await raw.put(createInstance("new"));
    await watching.until(({ ids }) => ids === "kept new");
    // The entry is kept again, and not merely not yet expired.
    await raw.delete(keyOf("im-service", "kept"));
    await watching.until(({ ids }) => ids === "new");
    await watching.until(({ ids }) => ids === "kept new");
    assert.deepEqual(watching.snapshots.at(-1), await discovery.discover("im-service"));
    await registration.close();
    await watching.until(({ ids }) => ids === "new");
  });

  test("a connection on which nothing comes back: the watch notices by itself", async () => {
    await using etcd = await startEtcd();
    await using proxy = await startFaultProxy(etcd.address);
    await using discovery = new EtcdDiscovery({ endpoints: [proxy.address] });
    const recorder = new Recorder();
    void recorder.read(discovery.watch("im-service", recorder));
    await recorder.until(({ ids }) => ids === "");
    proxy.stall("down");
    await recorder.until(({ codes }) => codes.includes("unavailable"));
    using raw = new RawEtcd(etcd.address);
    await raw.put(createInstance("a"));
    proxy.resume();
    await recorder.until(({ ids }) => ids === "a");
  });
});
