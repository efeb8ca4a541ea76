import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { LevelStore } from "./level-store.ts";
import { resolveLevelStoreOptions } from "./level-store-options.ts";

test("the path becomes absolute, and fsync is off unless it is asked for", () => {
  assert.deepEqual(resolveLevelStoreOptions({ path: "./bot-state" }), { path: resolve("bot-state"), fsync: false });
  assert.equal(resolveLevelStoreOptions({ path: "a", fsync: true }).fsync, true);
});

test("an option that cannot be is refused by its name, its value and what is allowed, before anything is opened", () => {
  const bad: [object, string][] = [
    [{}, "path must be the name of a folder, got undefined"],
    [{ path: "" }, 'path must be the name of a folder, got ""'],
    [{ path: "a\0b" }, 'path must be the name of a folder, got "a\\u0000b"'],
    [{ path: new URL("file:///state") }, "path must be the name of a folder, got an object"],
    [{ path: "a", fsync: "yes" }, 'fsync must be true or false, got "yes"'],
    [{ path: "a", fsync: 1 }, "fsync must be true or false, got 1"],
  ];
  for (const [options, message] of bad) {
    assert.throws(() => new LevelStore(options as never), { name: "TypeError", message });
  }
});
