import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { ClientStore, StoreChange } from "@im-sdk/contracts";
import { contentOf, StorePlace } from "./store-place.ts";

/** Options of {@link testClientStore}. */
export interface StoreSuiteOptions {
  /** Name of the suite in the report. */
  readonly name: string;
  /**
   * A store on a place, not loaded yet. A place that was not asked for before holds nothing; one that was holds what was left
   * there, and may still be open. Places are names that a file may have; no test uses that of another.
   */
  open(place: string): ClientStore | Promise<ClientStore>;
}

/**
 * Registers with `node:test` what every {@link ClientStore} promises: what was written is there after it was closed and opened
 * again, batches are whole and in order, one client at a time. That it survives the end of a process is for the store's own
 * tests.
 */
export function testClientStore({ name, open }: StoreSuiteOptions): void {
  function setUp(t: TestContext) {
    const place = new StorePlace(open);
    t.after(() => place.close());
    return place;
  }

  describe(`${name}: ClientStore`, () => {
    test("a new place holds nothing", async (t) => {
      assert.deepEqual((await setUp(t).load()).entries, []);
    });

    test("what was written is there when it is opened again, and what was deleted is not", async (t) => {
      const place = setUp(t);
      const { store } = await place.load();
      await store.write([put("a", "1"), put("b", "2"), put("c", "3")]);
      await store.write([put("b", "changed"), remove("c"), remove("never there")]);
      assert.deepEqual(await place.kept(), { a: "1", b: "changed" });
      const second = await place.load();
      assert.deepEqual(contentOf(second.entries), { a: "1", b: "changed" });
      await second.store.write([remove("a"), put("d", "4")]);
      assert.deepEqual(await place.kept(), { b: "changed", d: "4" });
    });

    test("of several changes of one key in a batch the last counts", async (t) => {
      const place = setUp(t);
      const { store } = await place.load();
      await store.write([put("a", "1"), remove("a"), put("b", "1"), remove("b"), put("b", "2"), put("c", "1")]);
      await store.write([remove("c"), put("c", "2"), put("c", "3")]);
      assert.deepEqual(await place.kept(), { b: "2", c: "3" });
    });

    test("writes that nobody waits for take effect in order, and close waits for them", async (t) => {
      const place = setUp(t);
      const { store } = await place.load();
      const writes: Promise<void>[] = [];
      for (let index = 0; index < 500; index++) {
        writes.push(store.write([put("last", `${index}`), put(`n${index % 7}`, `${index}`), remove(`n${index % 3}`)]));
        // So that some are under way when others come.
        if (index % 100 === 0) await null;
      }
      assert.deepEqual(await place.kept(), { last: "499", n2: "499", n3: "493", n4: "494", n5: "495", n6: "496" });
      await Promise.all(writes);
    });

    test("a batch with a change that cannot be is refused as a whole, and the store goes on", async (t) => {
      const place = setUp(t);
      const { store } = await place.load();
      for (const wrong of [{ key: "a", value: "text" }, { key: 7, value: undefined }, put("\ud800", "1")]) {
        await assert.rejects(store.write([put("before", "1"), wrong as never, put("after", "1")]), TypeError);
      }
      await store.write([put("right", "1")]);
      assert.deepEqual(await place.kept(), { right: "1" });
    });

    test("a batch without changes changes nothing", async (t) => {
      const place = setUp(t);
      const { store } = await place.load();
      await store.write([put("a", "1")]);
      await store.write([]);
      assert.deepEqual(await place.kept(), { a: "1" });
    });

    test("keys of any text are kept apart", async (t) => {
      const place = setUp(t);
      const { store } = await place.load();
      const keys = [
        "",
        "a",
        "A",
        "a ",
        "a\0",
        "a\0b",
        "\0",
        "房间/北京",
        "é",
        "e\u0301",
        "😀",
        "__proto__",
        "x".repeat(9_999),
      ];
      await store.write(keys.map((key, index) => put(key, `${index}`)));
      const content = await place.kept();
      assert.deepEqual(
        keys.map((key) => Object.entries(content).find(([found]) => found === key)?.[1]),
        keys.map((_, index) => `${index}`),
      );
      assert.equal(Object.keys(content).length, keys.length);
    });

    test("values of any bytes come back as they were, none and a megabyte among them", async (t) => {
      const place = setUp(t);
      const { store } = await place.load();
      const values = {
        none: new Uint8Array(),
        every: Uint8Array.from({ length: 256 }, (_, index) => index),
        zeros: new Uint8Array(3),
        large: Uint8Array.from({ length: 1 << 20 }, (_, index) => (index * 31) >>> 3),
        "part of a buffer": Uint8Array.from([1, 2, 3, 4]).subarray(1, 3),
        "a Buffer": Buffer.from("字"),
      };
      await store.write(Object.entries(values).map(([key, value]) => ({ key, value })));
      await store.close();
      const found = new Map((await place.load()).entries.map(({ key, value }) => [key, value]));
      for (const [key, value] of Object.entries(values)) {
        assert.ok(found.get(key) instanceof Uint8Array, `"${key}" is there`);
        assert.ok(Buffer.from(value).equals(found.get(key) ?? Buffer.from("nothing")), `"${key}" is as it was`);
      }
      assert.equal(found.size, Object.keys(values).length);
    });

    test("what the caller does to its buffers and lists afterwards changes nothing", async (t) => {
      const place = setUp(t);
      const { store } = await place.load();
      const value = Buffer.from("kept");
      const changes = [{ key: "a", value }];
      const writing = store.write(changes);
      value.fill("x");
      changes.push({ key: "b", value });
      await writing;
      await store.close();
      const { entries } = await place.load();
      for (const entry of entries) entry.value.fill(0);
      assert.deepEqual(await place.kept(), { a: "kept" });
    });

    test("thousands of values are kept", async (t) => {
      const place = setUp(t);
      const { store } = await place.load();
      const keys = Array.from({ length: 5_000 }, (_, index) => `key-${index}`);
      for (const half of [keys.slice(0, 2_500), keys.slice(2_500)]) await store.write(half.map((key) => put(key, key)));
      assert.deepEqual(await place.kept(), Object.fromEntries(keys.map((key) => [key, key])));
    });

    test("a write before load is refused, and kept out", async (t) => {
      const place = setUp(t);
      await assert.rejects((await place.prepare()).write([put("a", "1")]), { name: "StoreError", code: "closed" });
      assert.deepEqual(await place.kept(), {});
    });

    test("a write after close is refused, and kept out", async (t) => {
      const place = setUp(t);
      const { store } = await place.load();
      await store.close();
      await assert.rejects(store.write([put("a", "1")]), { name: "StoreError", code: "closed" });
      assert.deepEqual(await place.kept(), {});
    });

    test("close may be called again, at the same time, before load, and by leaving the scope", async (t) => {
      const place = setUp(t);
      const unused = await place.prepare();
      await unused.close();
      await unused.close();
      const { store } = await place.load();
      void store.write([put("a", "1")]);
      await Promise.all([store.close(), store.close()]);
      await store.close();
      await store[Symbol.asyncDispose]();
      assert.deepEqual(await place.kept(), { a: "1" });
      const disposed = (await place.load()).store;
      await disposed[Symbol.asyncDispose]();
      await assert.rejects(disposed.write([put("b", "1")]), { code: "closed" });
    });

    test("a place that is open cannot be opened again until it is closed, and the first is not disturbed", async (t) => {
      const place = setUp(t);
      const { store } = await place.load();
      await store.write([put("a", "1")]);
      for (let again = 0; again < 2; again++) {
        await assert.rejects((await place.prepare()).load(), { name: "StoreError", code: "locked" });
      }
      await store.write([put("b", "2")]);
      assert.deepEqual(await place.kept(), { a: "1", b: "2" });
    });
  });
}

function put(key: string, value: string): StoreChange {
  return { key, value: Buffer.from(value) };
}

function remove(key: string): StoreChange {
  return { key, value: undefined };
}
