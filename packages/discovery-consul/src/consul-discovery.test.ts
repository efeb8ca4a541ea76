import assert from "node:assert/strict";
import { after, test } from "node:test";
import { skipWithout, startConsul } from "@im-sdk/test-servers";
import { createInstance, ManualClock, startFaultProxy } from "@im-sdk/testing";
import { ConsulDiscovery } from "./consul-discovery.ts";
import { ConsulApi } from "./test-kit/consul-api.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { startCounter } from "./test-kit/stand-in.ts";
import { WatchRecorder } from "./test-kit/watch-recorder.ts";

const real = await skipWithout("consul");
const consul = real.skip === false ? await startConsul() : undefined;
after(() => consul?.stop());
const address = consul?.address ?? "127.0.0.1:1";
const api = new ConsulApi(address);
const serve = (name: string, id: string, fields = {}) => createInstance(id, { name, ...fields });

test(
  "a thousand changes cost two queries and then one for each second, and the last of them is seen",
  real,
  async () => {
    await using counter = await startCounter(address);
    const clock = new ManualClock();
    await using discovery = new ConsulDiscovery({ address: counter.address, clock });
    await api.publish("churn", [serve("churn", "steady")]);
    const watch = new WatchRecorder(discovery, "churn");
    await counter.untilAsked(2);
    for (let n = 1; n <= 1_000; n += 20) {
      const burst = Array.from({ length: 20 }, (_, k) =>
        api.put("/agent/service/register", { Name: "churn", ID: "steady", Address: "127.0.0.1", Port: n + k }),
      );
      await Promise.all(burst);
    }
    await api.publish("churn", [serve("churn", "steady", { port: 4_444 })]);
    await watch.until(({ snapshots }) => snapshots.length >= 2);
    await clock.advance(999);
    assert.equal(counter.asked.length, 2);
    for (let seconds = 1; watch.last?.[0]?.port !== 4_444; seconds++) {
      await clock.advance(seconds === 1 ? 1 : 1_000);
      await counter.untilAsked(2 + seconds);
      assert.equal(counter.asked.length, 2 + seconds);
      await watch.until(({ snapshots }) => snapshots.length >= 3);
    }
    assert.ok(watch.snapshots.length <= counter.asked.length);
    assert.deepEqual(watch.last, await discovery.discover("churn"));
  },
);

test("what has not changed stays the same object, and a return without a change says nothing", real, async () => {
  await using discovery = new ConsulDiscovery({ address, waitMs: 1_000 });
  await api.publish("same", [serve("same", "b"), serve("same", "a")]);
  const watch = new WatchRecorder(discovery, "same");
  await watch.until(({ lastIds }) => lastIds === "a b");
  const [first] = watch.snapshots;
  await api.publish("same", [serve("same", "a"), serve("same", "b", { port: 2 }), serve("same", "c")]);
  await watch.until(({ lastIds, last }) => lastIds === "a b c" && last?.[1]?.port === 2);
  assert.equal(watch.last?.[0], first?.[0]);
  assert.deepEqual(watch.last, await discovery.discover("same"));
});

test("an entry that is no instance is left out and told once, until it is another", real, async () => {
  await using counter = await startCounter(address);
  const clock = new ManualClock();
  await using discovery = new ConsulDiscovery({ address: counter.address, clock });
  const put = (ID: string, Port: number, Address = "") =>
    api.put("/catalog/register", { Node: "far", Address: "10.0.0.9", Service: { ID, Service: "odd", Port, Address } });
  await put("portless", 0);
  await put("good", 7);
  await put("url", 7, "http://10.0.0.1");
  const watch = new WatchRecorder(discovery, "odd");
  await watch.until(({ lastIds, errors }) => lastIds === "good" && errors.length === 2);
  assert.equal(watch.last?.[0]?.address, "10.0.0.9");
  await put("better", 8);
  await watch.until(({ lastIds }) => lastIds === "better good");
  await put("portless", 70_000);
  await clock.advance(1_000);
  await watch.until(({ errors }) => errors.length === 3);
  for (const [index, words] of [
    [0, ['"portless"', '"far"', "port", "0"]],
    [1, ['"url"', "http://10.0.0.1"]],
    [2, ['"portless"', "70000"]],
  ] as const) {
    hasCode("data_loss", `Consul at ${counter.address}`, ...words)(watch.errors[index]);
  }
  assert.deepEqual(await discovery.discover("odd"), watch.last);
});

test("services of one id on several nodes are told apart", real, async () => {
  await using discovery = new ConsulDiscovery({ address });
  for (const node of ["n1", "n2"]) {
    await api.put("/catalog/register", { Node: node, Address: "10.0.0.1", Service: { Service: "twin", Port: 1 } });
  }
  const ids = (await discovery.discover("twin")).map(({ id }) => id);
  assert.deepEqual(ids, ["twin@n1", "twin@n2"]);
});

test("only instances with the tag and of passing checks are given", real, async () => {
  await using discovery = new ConsulDiscovery({ address, tag: "blue" });
  await api.publish("tagged", [
    serve("tagged", "a", { tags: ["blue", "x"] }),
    serve("tagged", "b", { tags: ["green"] }),
  ]);
  await api.put("/agent/service/register", {
    ID: "c",
    Name: "tagged",
    Port: 1,
    Tags: ["blue"],
    Check: { TTL: "1h" },
  });
  assert.deepEqual(
    (await discovery.discover("tagged")).map(({ id }) => id),
    ["a"],
  );
});

test("a watch begun while Consul is away tells every failed try, and recovers by itself", real, async () => {
  await using proxy = await startFaultProxy(address);
  await using discovery = new ConsulDiscovery({ address: proxy.address });
  await api.publish("late", [serve("late", "a")]);
  proxy.refuse();
  const watch = new WatchRecorder(discovery, "late");
  await watch.until(({ errors }) => errors.length >= 2);
  assert.deepEqual(watch.snapshots, []);
  await proxy.accept();
  await watch.until(({ lastIds }) => lastIds === "a");
  for (const error of watch.errors) hasCode("unavailable", `Consul at ${proxy.address}`, "late", "`address`")(error);
});

test(
  "a connection cut while a query waits is told, and the list is given again though nothing changed",
  real,
  async () => {
    await using proxy = await startFaultProxy(address);
    await using discovery = new ConsulDiscovery({ address: proxy.address });
    await api.publish("cut", [serve("cut", "a")]);
    const watch = new WatchRecorder(discovery, "cut");
    await watch.until(({ snapshots }) => snapshots.length === 1);
    proxy.cut();
    await watch.until(({ snapshots }) => snapshots.length === 2);
    assert.equal(watch.snapshots[1], watch.snapshots[0]);
    assert.equal(watch.errors.length, 1);
  },
);

test(
  "an agent that stopped answering is noticed after the wait and a margin, by the watch's own clock",
  real,
  async () => {
    await using proxy = await startFaultProxy(address);
    await using counter = await startCounter(proxy.address);
    const clock = new ManualClock();
    await using discovery = new ConsulDiscovery({ address: counter.address, clock, waitMs: 16_000 });
    const watch = new WatchRecorder(discovery, "frozen");
    await counter.untilAsked(2);
    proxy.stall();
    await clock.advance(16_000 + 1_000 + 5_000 - 1);
    assert.deepEqual(watch.errors, []);
    await clock.advance(1);
    await watch.until(({ errors }) => errors.length === 1);
    hasCode("unavailable", "22000 ms", "frozen")(watch.errors[0]);
    proxy.resume();
    await clock.advance(1_000);
    await watch.until(({ snapshots }) => snapshots.length === 2);
  },
);

test("leaving the loop, and closing, end the query that waits", real, async () => {
  await using counter = await startCounter(address);
  const clock = new ManualClock();
  const discovery = new ConsulDiscovery({ address: counter.address, clock });
  for await (const snapshot of discovery.watch("none")) {
    assert.deepEqual(snapshot, []);
    break;
  }
  const watch = new WatchRecorder(discovery, "none");
  await watch.until(({ snapshots }) => snapshots.length === 1);
  await discovery.close();
  await watch.ended;
  assert.equal(clock.pending, 0);
  assert.deepEqual(watch.errors, []);
  await assert.rejects(discovery.discover("none"), /closed/);
});

test("discover rejects with what to look at, and at once when it is aborted", real, async () => {
  await using proxy = await startFaultProxy(address);
  await using discovery = new ConsulDiscovery({ address: proxy.address });
  proxy.stall();
  const abort = new AbortController();
  const reason = new Error("enough");
  const asking = discovery.discover("any", { signal: abort.signal });
  abort.abort(reason);
  await assert.rejects(asking, reason);
  proxy.resume();
  proxy.refuse();
  await assert.rejects(
    discovery.discover("any"),
    hasCode("unavailable", `Consul at ${proxy.address}`, "ECONNREFUSED", "`address`"),
  );
  await assert.rejects(discovery.discover(""), RangeError);
  assert.throws(() => discovery.watch(""), RangeError);
});
