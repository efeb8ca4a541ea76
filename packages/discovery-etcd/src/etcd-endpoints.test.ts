import assert from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import { pipeline } from "node:stream";
import { after, before, describe, test } from "node:test";
import { type RunningServer, skipWithout, startEtcd } from "@im-sdk/test-servers";
import { createInstance, startFaultProxy } from "@im-sdk/testing";
import { EtcdDiscovery } from "./etcd-discovery.ts";
import { keyOf, RawEtcd } from "./test-kit/raw-etcd.ts";
import { Recorder } from "./test-kit/recorder.ts";
import { until } from "./test-kit/until.ts";

describe("several endpoints", await skipWithout("etcd"), () => {
  let etcd: RunningServer;
  let raw: RawEtcd;
  before(async () => {
    etcd = await startEtcd();
    raw = new RawEtcd(etcd.address);
  });
  after(async () => {
    raw[Symbol.dispose]();
    await etcd.stop();
  });

  test("one that is dead from the beginning, or dies, is no disturbance", async () => {
    await using dead = await startFaultProxy(etcd.address);
    dead.refuse();
    await using dying = await startFaultProxy(etcd.address);
    const endpoints = [dead.address, dying.address, etcd.address];
    await using discovery = new EtcdDiscovery({ endpoints, leaseTtlSeconds: 3 });
    const recorder = new Recorder();
    await discovery.register(createInstance("a", { name: "several" }), recorder);
    void recorder.read(discovery.watch("several"));
    await recorder.until(({ ids }) => ids === "a");
    dying.refuse();
    dying.cut();
    await raw.put(createInstance("b", { name: "several" }));
    await recorder.until(({ ids }) => ids === "a b");
    await raw.delete(keyOf("several", "a"));
    await recorder.until(({ ids }) => ids === "b");
    await recorder.until(({ ids }) => ids === "a b");
    assert.deepEqual(recorder.codes, []);
  });

  test("one that says nothing is waited for once, and then left alone", async () => {
    await using silent = await startFaultProxy(etcd.address);
    silent.stall();
    await using discovery = new EtcdDiscovery({ endpoints: [silent.address, etcd.address], leaseTtlSeconds: 3 });
    await discovery.register(createInstance("a", { name: "waiting" }));
    const { heldBytes } = silent;
    assert.ok(heldBytes > 0);
    assert.equal((await discovery.discover("waiting")).length, 1);
    assert.equal(silent.heldBytes, heldBytes);
  });

  test("a try is one connection, and an abort ends it at once", async () => {
    let connections = 0;
    const rude = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => rude.listen(0, "127.0.0.1", resolve));
    const address = rude.address();
    assert.ok(typeof address === "object" && address !== null);
    await using refused = new EtcdDiscovery({ endpoints: [`127.0.0.1:${address.port}`] });
    await assert.rejects(refused.discover("a"), { code: "unavailable" });
    assert.equal(connections, 1);
    rude.close();

    await using silent = await startFaultProxy(etcd.address);
    await using discovery = new EtcdDiscovery({ endpoints: [silent.address], leaseTtlSeconds: 3 });
    await discovery.discover("a");
    silent.stall();
    const [abort, recorder] = [new AbortController(), new Recorder()];
    const discovering = discovery.discover("a", abort);
    await until(async () => silent.heldBytes > 0);
    // The calls of this one are given up after 1 s, those of discover after 5 s.
    const registering = discovery.register(createInstance("a"), recorder);
    abort.abort(new Error("enough"));
    const first = await Promise.race([
      discovering.catch((error: Error) => error.message),
      recorder.until(({ errors }) => errors.length > 0).then(() => "a timeout"),
    ]);
    assert.equal(first, "enough");
    const closed = discovery.close();
    await assert.rejects(registering, /EtcdDiscovery is closed/);
    await closed;
  });

  test("with all of them away, the error names each", async () => {
    const proxies = await Promise.all([startFaultProxy(etcd.address), startFaultProxy(etcd.address)]);
    for (const proxy of proxies) proxy.refuse();
    const [first, second] = proxies.map(({ address }) => address);
    await using discovery = new EtcdDiscovery({ endpoints: [`${first}`, `${second}`] });
    await assert.rejects(discovery.discover("several"), {
      code: "unavailable",
      registry: `etcd at ${first}, ${second}`,
      message: new RegExp(`${first}: is away [^]*${second}: is away`),
    });
    for (const proxy of proxies) await proxy.close();
  });

  test("a connection that fell silent is not used again by calls, while new ones work", async () => {
    const silent: Socket[] = [];
    // As a firewall that forgot about one connection: it takes the bytes and says nothing.
    const firewall = createServer((socket) => {
      if (silent.length === 0) silent.push(socket.resume());
      else pipeline(socket, connect(Number(etcd.address.split(":")[1]), "127.0.0.1"), socket, () => {});
    });
    await new Promise<void>((resolve) => firewall.listen(0, "127.0.0.1", resolve));
    const address = firewall.address();
    assert.ok(typeof address === "object" && address !== null);
    await using discovery = new EtcdDiscovery({ endpoints: [`127.0.0.1:${address.port}`], leaseTtlSeconds: 3 });
    const recorder = new Recorder();
    await discovery.register(createInstance("silent", { name: "silent" }), recorder);
    assert.deepEqual(recorder.codes, ["unavailable"]);
    assert.match(recorder.errors[0]?.message ?? "", /did not answer within 1 s/);
    assert.deepEqual(Object.keys(await raw.entries("silent")), [keyOf("silent", "silent")]);
    await discovery.close();
    for (const socket of silent) socket.destroy();
    await new Promise((resolve) => firewall.close(resolve));
  });
});
