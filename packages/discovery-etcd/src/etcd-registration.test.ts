import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { RegistryError } from "@im-sdk/contracts";
import { type RunningServer, skipWithout, startEtcd } from "@im-sdk/test-servers";
import { createInstance, ManualClock, startFaultProxy } from "@im-sdk/testing";
import { EtcdDiscovery } from "./etcd-discovery.ts";
import { metricOf } from "./test-kit/metrics.ts";
import { keyOf, RawEtcd } from "./test-kit/raw-etcd.ts";
import { Recorder } from "./test-kit/recorder.ts";
import { until } from "./test-kit/until.ts";

describe("a registration in etcd", await skipWithout("etcd"), () => {
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
  const open = (address = etcd.address) => new EtcdDiscovery({ endpoints: [address], leaseTtlSeconds: 3 });
  const alive = createInstance("alive", { tags: ["blue"], metadata: { weight: "5" } });

  test("is written as services in Go write it, under a lease, and is gone once closed", async () => {
    await using discovery = open();
    const registration = await discovery.register(alive);
    assert.deepEqual(await raw.entries("im-service"), {
      [keyOf("im-service", "alive")]:
        '{"id":"alive","name":"im-service","address":"127.0.0.1","port":8083,"tags":["blue"],"metadata":{"weight":"5"},"health":"healthy"}',
    });
    assert.notEqual(await raw.leaseOf(keyOf("im-service", "alive")), "0");
    assert.deepEqual(registration.instance, alive);
    await registration.close();
    await registration.close();
    assert.deepEqual(await raw.entries("im-service"), {});
    assert.deepEqual((await raw.client.leaseClient.leaseLeases()).leases, []);
  });

  test("tells when etcd has it again after tries that failed", async () => {
    await using proxy = await startFaultProxy(etcd.address);
    await using discovery = open(proxy.address);
    const heard: string[] = [];
    const listeners = { onError: () => heard.push("away"), onRecovered: () => heard.push("back") };
    await discovery.register(createInstance("told", { name: "told" }), listeners);
    proxy.refuse();
    proxy.cut();
    await until(async () => heard.includes("away"));
    await proxy.accept();
    await until(async () => heard.includes("back"));
    assert.equal(heard.filter((word) => word === "back").length, 1);
  });

  test("has its lease renewed at every third of the TTL", async () => {
    const clock = new ManualClock();
    await using discovery = new EtcdDiscovery({ endpoints: [etcd.address], leaseTtlSeconds: 30, clock });
    await discovery.register(createInstance("old", { name: "old-service" }));
    const key = keyOf("old-service", "old");
    const lease = await raw.leaseOf(key);
    const renewals = () => metricOf(etcd.address, "etcd_debugging_lease_renewed_total");
    const before = await renewals();
    for (let round = 0; round <= 4; round++) {
      await until(async () => (await renewals()) === before + round && clock.pending === 1);
      await clock.advance(9_999);
      assert.deepEqual([clock.pending, await renewals()], [1, before + round]);
      await clock.advance(1);
    }
    assert.equal(await raw.leaseOf(key), lease);
  });

  test("is put again when it was deleted, overwritten, or its lease revoked from outside", async () => {
    const clock = new ManualClock();
    await using discovery = new EtcdDiscovery({ endpoints: [etcd.address], leaseTtlSeconds: 30, clock });
    const recorder = new Recorder();
    const instance = createInstance("back", { name: "back-service" });
    const key = keyOf("back-service", "back");
    await discovery.register(instance, recorder);
    const value = (await raw.entries("back-service"))[key];
    const isBack = async () => (await raw.entries("back-service"))[key] === value && (await raw.leaseOf(key)) !== "0";
    const untilBack = async () => {
      await clock.advance(10_000);
      await until(async () => {
        await clock.advance(100);
        return isBack();
      });
    };
    await raw.delete(key);
    await untilBack();
    await raw.write(key, "{}");
    await untilBack();
    await raw.write(key, value ?? "");
    await untilBack();
    assert.deepEqual(recorder.codes, []);
    await raw.client.leaseClient.leaseRevoke({ ID: await raw.leaseOf(key) });
    await untilBack();
    assert.deepEqual(recorder.codes, ["unavailable"]);
    assert.match(recorder.errors[0]?.message ?? "", /the lease is gone/);
  });

  test("ends with its signal, and with the discovery", async () => {
    const discovery = open();
    const abort = new AbortController();
    const [left, right] = ["left", "right"].map((id) => createInstance(id, { name: "end-service" }));
    assert.ok(left && right);
    await discovery.register(left, { signal: abort.signal });
    await discovery.register(right);
    abort.abort();
    await until(async () => Object.keys(await raw.entries("end-service")).join() === keyOf("end-service", "right"));
    await discovery.close();
    assert.deepEqual(await raw.entries("end-service"), {});
    await assert.rejects(discovery.register(left), /is closed/);
  });

  test("an instance that cannot be is refused at once", async () => {
    await using discovery = open();
    await assert.rejects(discovery.register(createInstance("a/b")), /no slash.*"a\/b"/);
    await assert.rejects(discovery.register(createInstance("a", { port: 0 })), /port .* got 0/);
    await assert.rejects(discovery.register(createInstance("a", { name: "" })), /name of a service/);
    await assert.rejects(discovery.register(alive, { signal: AbortSignal.abort(new Error("enough")) }), /enough/);
  });

  test("deregister removes exactly the id, whoever registered it", async () => {
    await using discovery = open();
    await using other = open();
    const [own, foreign] = [createInstance("own"), createInstance("foreign", { name: "else" })];
    await discovery.register(own);
    await raw.put(foreign);
    for (const key of ["else/foreigner", "else/a-foreign", "else/foreign/deeper", "foreign"]) {
      await raw.write(`/services/${key}`, "{}");
    }
    await discovery.deregister("own");
    assert.deepEqual(await discovery.discover("im-service"), []);
    await other.deregister("foreign");
    assert.deepEqual(
      Object.keys(await raw.client.getAll().prefix("/services/").strings()).sort(),
      ["else/a-foreign", "else/foreign/deeper", "else/foreigner", "foreign"].map((key) => `/services/${key}`),
    );
    await discovery.deregister("nobody");
  });
});

describe("a registration without etcd", await skipWithout("etcd"), () => {
  test("is waited for until etcd is there, and comes back after every restart", async () => {
    await using etcd = await startEtcd();
    await etcd.kill();
    await using discovery = new EtcdDiscovery({ endpoints: [etcd.address], leaseTtlSeconds: 3 });
    const recorder = new Recorder();
    const waiting = discovery.register(createInstance("early"), recorder);
    await recorder.until(({ errors }) => errors.length > 1);
    assert.ok(recorder.errors.every((error) => error instanceof RegistryError && error.code === "unavailable"));
    assert.match(
      recorder.errors[0]?.message ?? "",
      new RegExp(`^etcd at ${etcd.address}: is away \\(connect ECONNREFUSED ${etcd.address}\\); check `),
    );
    await etcd.start({ keepData: false });
    await using _ = await waiting;
    for (const keepData of [true, false]) {
      const { length } = recorder.errors;
      await etcd.kill();
      await recorder.until(({ errors }) => errors.length > length);
      await etcd.start({ keepData });
      await until(async () => (await discovery.discover("im-service")).length === 1);
    }
  });

  test("says when it cannot be removed, and until when it is there", async () => {
    await using etcd = await startEtcd();
    const clock = new ManualClock();
    await using discovery = new EtcdDiscovery({ endpoints: [etcd.address], leaseTtlSeconds: 3, clock });
    const registration = await discovery.register(createInstance("kept"));
    await etcd.kill();
    const closing = assert.rejects(registration.close(), /5 s that "kept" is gone.*when its lease ends, 3 s/);
    await clock.advance(5_000);
    await closing;
  });

  test("an abort while it is waited for ends it", async () => {
    await using etcd = await startEtcd();
    await etcd.kill();
    await using discovery = new EtcdDiscovery({ endpoints: [etcd.address] });
    const [recorder, abort] = [new Recorder(), new AbortController()];
    const waiting = discovery.register(createInstance("a"), { onError: recorder.onError, signal: abort.signal });
    await recorder.until(({ errors }) => errors.length > 0);
    abort.abort(new Error("enough"));
    await assert.rejects(waiting, /enough/);
    const other = discovery.register(createInstance("b"));
    const closed = discovery.close();
    await assert.rejects(other, /EtcdDiscovery is closed/);
    await closed;
  });
});
