import assert from "node:assert/strict";
import { test } from "node:test";
import { createInstance } from "./create-instance.ts";
import { ManualDiscovery } from "./manual-discovery.ts";
import { testServiceDiscovery } from "./test-service-discovery.ts";

testServiceDiscovery({
  name: "ManualDiscovery",
  create: ({ instances }) => {
    const discovery = new ManualDiscovery(instances);
    let current = instances;
    return {
      discovery,
      publish: (next) => {
        current = next;
        discovery.push(next);
      },
      outage: { begin: () => discovery.fail(new Error("registry away")), end: () => discovery.push(current) },
    };
  },
});

const [a, b] = [createInstance("a"), createInstance("b")];

test("every pushed snapshot reaches a watch, in order, also one that reads late", async () => {
  await using discovery = new ManualDiscovery();
  const watch = discovery.watch("im-service");
  for (const set of [[a], [], [a, b]]) discovery.push(set);
  for (const set of [[], [a], [], [a, b]]) assert.deepEqual((await watch.next()).value, set);
});

test("after fail, discover rejects with that error until the next push", async () => {
  await using discovery = new ManualDiscovery([a]);
  const error = new Error("registry away");
  discovery.fail(error);
  await assert.rejects(discovery.discover("im-service"), error);
  discovery.push([b]);
  assert.deepEqual(await discovery.discover("im-service"), [b]);
});

test("after fail, an open watch and a new one hear of it and wait, both until the next push", async () => {
  await using discovery = new ManualDiscovery([a]);
  const heard: string[] = [];
  const watch = (name: string) =>
    discovery.watch("im-service", { onError: ({ message }) => heard.push(`${name}: ${message}`) });
  const before = watch("before");
  await before.next();
  discovery.fail(new Error("registry away"));
  const during = watch("during");
  assert.deepEqual(heard, ["before: registry away", "during: registry away"]);
  const waiting = [before.next(), during.next()];
  discovery.push([b]);
  for (const { value } of await Promise.all(waiting)) assert.deepEqual(value, [b]);
});

test("open watches are counted, and let go by break, abort and close alike", async () => {
  const discovery = new ManualDiscovery([a]);
  const abort = new AbortController();
  discovery.watch("im-service", { signal: abort.signal });
  discovery.watch("im-service");
  for await (const _ of discovery.watch("im-service")) {
    assert.equal(discovery.watches, 3);
    break;
  }
  assert.equal(discovery.watches, 2);
  abort.abort();
  assert.equal(discovery.watches, 1);
  await discovery.close();
  assert.equal(discovery.watches, 0);
  assert.throws(() => discovery.push([a]), /closed/);
  await assert.rejects(discovery.discover("im-service"), /closed/);
});

test("a watch can be left while it waits", async () => {
  await using discovery = new ManualDiscovery([a]);
  const watch = discovery.watch("im-service");
  await watch.next();
  const waiting = watch.next();
  await watch.return?.();
  assert.deepEqual(await waiting, { done: true, value: undefined });
  assert.equal(discovery.watches, 0);
});
