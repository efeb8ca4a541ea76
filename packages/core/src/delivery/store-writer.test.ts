import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientStore, StoreChange } from "@im-sdk/contracts";
import { hasCode } from "../test-kit/has-code.ts";
import { settle } from "../test-kit/until.ts";
import { StoreWriter } from "./store-writer.ts";

/** A store whose writes end when the test says so. */
function setup() {
  const writes: { changes: Record<string, string | undefined>; end: (error?: unknown) => void }[] = [];
  const store: ClientStore = {
    load: async () => [],
    write: (changes: readonly StoreChange[]) =>
      new Promise((resolve, reject) => {
        writes.push({
          changes: Object.fromEntries(changes.map(({ key, value }) => [key, value && Buffer.from(value).toString()])),
          end: (error) => (error === undefined ? resolve() : reject(error)),
        });
      }),
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  const writer = new StoreWriter(store);
  const set = (key: string, value?: string) => writer.set(key, value === undefined ? undefined : Buffer.from(value));
  return { writer, set, writes };
}

test("changes of one turn are one write, and those that come meanwhile the next, the last of a key counting", async () => {
  const { set, writes } = setup();
  void set("a", "1");
  void set("b", "1");
  await settle();
  for (const value of ["2", "3"]) void set("a", value);
  void set("b");
  await settle();
  assert.deepEqual(
    writes.map(({ changes }) => changes),
    [{ a: "1", b: "1" }],
  );
  writes[0]?.end();
  await settle();
  assert.deepEqual(writes[1]?.changes, { a: "3", b: undefined });
  assert.equal(writes.length, 2);
});

test("a change has been written when its batch has, and not before", async () => {
  const { set, writer, writes } = setup();
  const done: string[] = [];
  void set("a", "1").then(() => done.push("a"));
  await settle();
  void set("b", "1").then(() => done.push("b"));
  void writer.written().then(() => done.push("all"));
  writes[0]?.end();
  await settle();
  assert.deepEqual(done, ["a"]);
  writes[1]?.end();
  await settle();
  assert.deepEqual(done, ["a", "b", "all"]);
});

test("a failed write is told to whoever waits for it, by one error, and the next is tried all the same", async () => {
  const { set, writer, writes } = setup();
  const failed = [set("a", "1"), set("b", "1")];
  await settle();
  const later = set("c", "1");
  writes[0]?.end(new Error("disk full"));
  const [first, second] = await Promise.all(failed);
  assert.ok(hasCode("internal", "store", "disk full")(first));
  assert.equal(first, second);
  await settle();
  assert.deepEqual(writes[1]?.changes, { c: "1" });
  writes[1]?.end("no error at all");
  assert.ok(hasCode("internal", "no error at all")(await later));
  const last = set("d", "1");
  await settle();
  writes[2]?.end();
  assert.equal(await last, undefined);
  assert.equal(await writer.written(), undefined);
});
