import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ManualInput } from "../test-kit/manual-input.ts";
import { settle } from "../test-kit/until.ts";
import { takeReady, withReady } from "../transport/ready-messages.ts";
import { InjectableInput } from "./injectable-input.ts";

function setUp() {
  const inner = new ManualInput<string>();
  let passed = 0;
  const input = new InjectableInput(inner, () => {
    passed++;
  });
  return { inner, input, passed: () => passed };
}

test("the messages of the inner iterable pass in order, and its end too", async () => {
  const { inner, input, passed } = setUp();
  inner.push("a", "b");
  inner.end();
  const seen: string[] = [];
  for await (const each of input) seen.push(each);
  assert.deepEqual(seen, ["a", "b"]);
  assert.ok(passed() >= 2);
});

test("an injected message answers the one who waits, and the pull below goes on for the next", async () => {
  const { inner, input, passed } = setUp();
  const first = input.next();
  input.inject("beat");
  assert.deepEqual(await first, { done: false, value: "beat" });
  assert.equal(passed(), 1);
  const second = input.next();
  assert.equal(inner.pulls, 1);
  inner.push("a");
  assert.deepEqual(await second, { done: false, value: "a" });
  assert.equal(passed(), 2);
});

test("an injected message that nobody waits for goes next, ahead of what is ready below", async () => {
  const { inner, input } = setUp();
  const waiting = input.next();
  input.inject("beat");
  await waiting;
  inner.push("a", "b");
  await settle();
  input.inject("second beat");
  assert.deepEqual(await input.next(), { done: false, value: "second beat" });
  assert.deepEqual(await input.next(), { done: false, value: "a" });
  assert.deepEqual(await input.next(), { done: false, value: "b" });
});

test("the inner iterable is pulled only on demand, and by one at a time", async () => {
  const { inner, input } = setUp();
  inner.push("a", "b", "c");
  await settle();
  assert.equal(inner.pulls, 0);
  await input.next();
  await settle();
  assert.equal(inner.pulls, 1);
});

test("an inner failure reaches who waits, or who comes next, and is never unhandled", async (t) => {
  const unhandled = t.mock.fn();
  process.on("unhandledRejection", unhandled);
  t.after(() => process.off("unhandledRejection", unhandled));
  const waiting = setUp();
  const first = waiting.input.next();
  waiting.inner.fail(new Error("broke"));
  await assert.rejects(first, /broke/);

  const later = setUp();
  const beat = later.input.next();
  later.input.inject("beat");
  await beat;
  later.inner.fail(new Error("broke later"));
  await settle();
  await assert.rejects(later.input.next(), /broke later/);
  assert.equal(unhandled.mock.callCount(), 0);
});

test("throw and return reach the inner iterable; without throw it is returned", async () => {
  const { inner, input } = setUp();
  await input.return();
  assert.equal(inner.returns, 1);
  await input.throw("why");
  assert.deepEqual(inner.thrown, ["why"]);

  let returns = 0;
  const bare = new InjectableInput<string>(
    {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: async () => {
          returns++;
          return { done: true, value: undefined };
        },
      }),
    },
    () => {},
  );
  await bare.throw("why");
  assert.equal(returns, 1);
  const barest = new InjectableInput<string>(
    { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) },
    () => {},
  );
  assert.deepEqual(await barest.throw("why"), { done: true, value: undefined });
});

test("return ends the wait of who pulled, even when the inner iterable cannot be returned", async () => {
  const input = new InjectableInput<string>(
    { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) },
    () => {},
  );
  const waiting = input.next();
  await input.return();
  assert.deepEqual(await waiting, { done: true, value: undefined });
});

test("however pulls, messages and injections fall, none is lost, doubled or reordered", async () => {
  const step = fc.constantFrom("pull" as const, "push" as const, "inject" as const, "settle" as const);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { inner, input } = setUp();
      const results: string[] = [];
      let pushed = 0;
      let injected = 0;
      let pending: Promise<void> | undefined;
      const pull = () => {
        pending ??= input.next().then((result) => {
          pending = undefined;
          if (result.done !== true) results.push(result.value);
        });
      };
      for (const each of steps) {
        if (each === "pull") pull();
        else if (each === "push") inner.push(`m${pushed++}`);
        else if (each === "inject") input.inject(`h${injected++}`);
        else await new Promise(setImmediate);
      }
      inner.end();
      while (results.length < pushed + injected) {
        pull();
        await pending;
      }
      const names = (kind: string, count: number) => Array.from({ length: count }, (_, index) => `${kind}${index}`);
      assert.deepEqual(
        results.filter((name) => name.startsWith("m")),
        names("m", pushed),
      );
      assert.deepEqual(
        results.filter((name) => name.startsWith("h")),
        names("h", injected),
      );
    }),
  );
});

test("messages that are ready are taken with those injected among them, in whatever way each is asked for", async () => {
  const step = fc.constantFrom<"push" | "inject" | "next" | "take">("push", "inject", "next", "take");
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const ready: string[] = [];
      const inner = withReady(new ManualInput<string>(), () => ready.shift());
      const input = new InjectableInput(inner, () => {});
      const want = { inner: [] as string[], injected: [] as string[] };
      const seen: string[] = [];
      for (const [index, each] of steps.entries()) {
        if (each === "push") {
          ready.push(`${index}`);
          want.inner.push(`${index}`);
        } else if (each === "inject") {
          input.inject(`beat ${index}`);
          want.injected.push(`beat ${index}`);
        } else if (each === "take") {
          const message = input[takeReady]();
          if (message !== undefined) seen.push(message);
          else assert.equal(ready.length, 0);
        } else if (want.injected.length > seen.filter((message) => message.startsWith("beat")).length) {
          seen.push((await input.next()).value);
        }
      }
      for (let message = input[takeReady](); message !== undefined; message = input[takeReady]()) seen.push(message);
      assert.deepEqual(
        seen.filter((message) => message.startsWith("beat")),
        want.injected,
      );
      assert.deepEqual(
        seen.filter((message) => !message.startsWith("beat")),
        want.inner,
      );
    }),
  );
});

test("nothing is taken while a pull below is under way: what it brings comes first", async () => {
  const ready = ["later"];
  const below = new ManualInput<string>();
  const input = new InjectableInput(
    withReady(below, () => ready.shift()),
    () => {},
  );
  const waiting = input.next();
  input.inject("beat");
  await waiting;
  assert.equal(input[takeReady](), undefined);
  below.push("first");
  await settle();
  assert.equal(input[takeReady](), undefined);
  assert.equal((await input.next()).value, "first");
  assert.equal(input[takeReady](), "later");
});
