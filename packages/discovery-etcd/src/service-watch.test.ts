import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import type { ServiceInstance } from "@im-sdk/contracts";
import { type RunningServer, skipWithout, startEtcd } from "@im-sdk/test-servers";
import { createInstance, ManualClock, startFaultProxy } from "@im-sdk/testing";
import { EtcdDiscovery } from "./etcd-discovery.ts";
import { metricOf } from "./test-kit/metrics.ts";
import { keyOf, RawEtcd } from "./test-kit/raw-etcd.ts";
import { Recorder } from "./test-kit/recorder.ts";

const rangesRead = 'grpc_server_handled_total{grpc_code="OK",grpc_method="Range"';

describe("a watch of etcd", await skipWithout("etcd"), () => {
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
  const named =
    (name: string) =>
    (id: string, fields: Partial<ServiceInstance> = {}) =>
      createInstance(id, { name, ...fields });

  test("unchanged instances keep their identity, in the order of their ids, also through an outage", async () => {
    const instance = named("identity");
    await raw.publish(
      "identity",
      ["c", "a", "b"].map((id) => instance(id)),
    );
    await using proxy = await startFaultProxy(etcd.address);
    await using discovery = new EtcdDiscovery({ endpoints: [proxy.address] });
    const recorder = new Recorder();
    const reading = recorder.read(discovery.watch("identity", recorder));
    await recorder.until(({ ids }) => ids === "a b c");
    await raw.put(instance("b", { port: 1 }));
    await recorder.until(({ snapshots }) => snapshots.at(-1)?.[1]?.port === 1);
    proxy.refuse();
    proxy.cut();
    await recorder.until(({ codes }) => codes.includes("unavailable"));
    await raw.delete(keyOf("identity", "c"));
    await raw.put(instance("d"));
    await proxy.accept();
    await recorder.until(({ ids }) => ids === "a b d");
    const [first, second, last] = [recorder.snapshots[0], recorder.snapshots[1], recorder.snapshots.at(-1)];
    assert.equal(last?.[0], first?.[0]);
    assert.equal(last?.[1], second?.[1]);
    assert.deepEqual(last, await discovery.discover("identity"));
    await discovery.close();
    await reading;
  });

  test("a service whose name begins another's, and deeper keys, are kept apart", async () => {
    await using discovery = new EtcdDiscovery({ endpoints: [etcd.address] });
    await raw.put(named("im")("a"));
    await raw.put(named("im-chat")("b"));
    await raw.put(named("im/deep")("c"));
    const recorder = new Recorder();
    void recorder.read(discovery.watch("im", recorder));
    await recorder.until(({ ids }) => ids === "a");
    await raw.put(named("im-chat")("b2"));
    await raw.put(named("im/deep")("c2"));
    await raw.put(named("im")("z"));
    await recorder.until(({ ids }) => ids === "a z");
    assert.deepEqual(recorder.codes, []);
    assert.equal((await discovery.discover("im/deep")).length, 2);
  });

  test("what was compacted while it was away is no loss", async () => {
    const instance = named("compacted");
    await raw.publish("compacted", [instance("a")]);
    await using proxy = await startFaultProxy(etcd.address);
    await using discovery = new EtcdDiscovery({ endpoints: [proxy.address] });
    const recorder = new Recorder();
    void recorder.read(discovery.watch("compacted", recorder));
    await recorder.until(({ ids }) => ids === "a");
    proxy.refuse();
    proxy.cut();
    await recorder.until(({ codes }) => codes.includes("unavailable"));
    for (const id of ["b", "c"]) await raw.put(instance(id));
    await raw.delete(keyOf("compacted", "a"));
    const { header } = await raw.client.kv.range({ key: Buffer.from("any") });
    await raw.client.kv.compact({ revision: header.revision, physical: true });
    await proxy.accept();
    await recorder.until(({ ids }) => ids === "b c");
    await raw.put(instance("d"));
    await recorder.until(({ ids }) => ids === "b c d");
  });

  test("a malformed entry is skipped and told once for each content, and heals", async () => {
    const instance = named("malformed");
    await raw.publish("malformed", [instance("good")]);
    await raw.write(keyOf("malformed", "bad"), "{");
    await using proxy = await startFaultProxy(etcd.address);
    await using discovery = new EtcdDiscovery({ endpoints: [proxy.address] });
    const recorder = new Recorder();
    void recorder.read(discovery.watch("malformed", recorder));
    await recorder.until(({ ids }) => ids === "good");
    proxy.cut();
    await recorder.until(({ snapshots }) => snapshots.length === 2);
    await raw.write(keyOf("malformed", "bad"), "{");
    await raw.write(keyOf("malformed", "bad"), '{"address":"host","port":0}');
    await recorder.until(({ errors }) => errors.filter(({ code }) => code === "data_loss").length === 2);
    await raw.put(instance("bad"));
    await recorder.until(({ ids }) => ids === "bad good");
    await raw.write(keyOf("malformed", "good"), "null");
    await recorder.until(({ ids }) => ids === "bad");
    const told = recorder.errors.filter(({ code }) => code === "data_loss").map(({ message }) => message);
    assert.equal(told.length, 3);
    assert.match(told[0] ?? "", /^etcd at .*: the entry "\/services\/malformed\/bad" is skipped: .*JSON/);
    assert.match(told[1] ?? "", /port of an instance must be .* got 0/);
    assert.match(told[2] ?? "", /"\/services\/malformed\/good" is skipped: it is no JSON object/);
  });

  test("thousands of changes are no further read and a snapshot an interval, and the last state arrives", async () => {
    const instance = named("churn");
    const clock = new ManualClock();
    await using discovery = new EtcdDiscovery({ endpoints: [etcd.address], clock });
    const recorder = new Recorder();
    void recorder.read(discovery.watch("churn", recorder));
    await recorder.until(({ ids }) => ids === "");
    const readsBefore = await metricOf(etcd.address, rangesRead);
    for (let round = 0; round < 40; round++) {
      await Promise.all(
        Array.from({ length: 50 }, (_, n) => raw.put(instance(`i${n}`, { metadata: { round: `${round}` } }))),
      );
    }
    await raw.put(instance("last"));
    const all = await discovery.discover("churn");
    const arrived = recorder.until(({ snapshots }) => snapshots.at(-1)?.some(({ id }) => id === "last") === true);
    // The clock stands still, so whatever comes in falls into one interval.
    let intervals = 0;
    let isThere = false;
    void arrived.then(() => {
      isThere = true;
    });
    while (!isThere) {
      await clock.advance(50);
      intervals++;
    }
    assert.ok(recorder.snapshots.length <= 2 + intervals, `${recorder.snapshots.length} in ${intervals} intervals`);
    assert.deepEqual(recorder.snapshots.at(-1), all);
    assert.deepEqual(recorder.codes, []);
    assert.equal((await metricOf(etcd.address, rangesRead)) - readsBefore, 1, "reads besides that of discover");
  });

  test("an etcd that comes back without its data has an empty service, and then what is put there", async () => {
    await using own = await startEtcd();
    using first = new RawEtcd(own.address);
    for (const id of ["a", "b", "c"]) await first.put(named("lost")(id));
    await using discovery = new EtcdDiscovery({ endpoints: [own.address] });
    const recorder = new Recorder();
    void recorder.read(discovery.watch("lost", recorder));
    await recorder.until(({ ids }) => ids === "a b c");
    await own.kill();
    await recorder.until(({ codes }) => codes.includes("unavailable"));
    await own.start({ keepData: false });
    await recorder.until(({ ids }) => ids === "");
    using second = new RawEtcd(own.address);
    await second.put(named("lost")("d"));
    await recorder.until(({ ids }) => ids === "d");
  });

  test("begins without etcd, and its list comes when etcd does", async () => {
    await using own = await startEtcd();
    await own.kill();
    await using discovery = new EtcdDiscovery({ endpoints: [own.address] });
    const recorder = new Recorder();
    void recorder.read(discovery.watch("early", recorder));
    await recorder.until(({ errors }) => errors.length > 1);
    await assert.rejects(discovery.discover("early"), { code: "unavailable", message: /is away .*option/ });
    await own.start({ keepData: true });
    await recorder.until(({ ids }) => ids === "");
  });

  test("a listener that throws does not stop it, and is told of as a warning", async () => {
    await raw.write(keyOf("thrower", "bad"), "{");
    await using discovery = new EtcdDiscovery({ endpoints: [etcd.address] });
    const warned = once(process, "warning");
    const recorder = new Recorder();
    const onError = () => {
      throw new Error("of the listener");
    };
    void recorder.read(discovery.watch("thrower", { onError }));
    assert.match(String(await warned), /of the listener/);
    await raw.put(named("thrower")("good"));
    await recorder.until(({ ids }) => ids === "good");
  });
});
