import assert from "node:assert/strict";
import { existsSync, symlinkSync } from "node:fs";
import { test } from "node:test";
import { LevelStore } from "./level-store.ts";
import { makeFolder } from "./test-kit/make-folder.ts";

const folder = makeFolder();

test("nothing is opened or created before load, and load creates the parents", async () => {
  const path = folder.path("a", "b", "状态");
  await using store = new LevelStore({ path });
  await assert.rejects(store.write([]), {
    code: "closed",
    message: `the store at "${path}" is not open: call load() before write()`,
  });
  assert.equal(existsSync(folder.path("a")), false);
  await store.load();
  assert.equal(existsSync(path), true);
});

test("a folder that is open is refused under its other names too", { skip: process.platform === "win32" }, async () => {
  const path = folder.path("real");
  await using store = new LevelStore({ path });
  await store.load();
  const link = folder.path("link");
  symlinkSync(path, link);
  await assert.rejects(new LevelStore({ path: link }).load(), { code: "locked" });
});

test("a store that is loaded cannot be loaded again, also while it is being opened, and can after close", async () => {
  const path = folder.path("twice");
  await using store = new LevelStore({ path });
  const loading = store.load();
  const message = `the store at "${path}" is loaded already: give each client a store and a path of its own`;
  await assert.rejects(store.load(), { code: "locked", message });
  await loading;
  await assert.rejects(store.load(), { code: "locked", message });
  await store.write([{ key: "a", value: Buffer.from("1") }]);
  await store.close();
  assert.equal((await store.load()).length, 1);
});

test("a load that was refused may be tried again", async () => {
  const path = folder.path("retried");
  const first = new LevelStore({ path });
  await first.load();
  await using second = new LevelStore({ path });
  await assert.rejects(second.load(), { code: "locked" });
  await first.close();
  assert.deepEqual(await second.load(), []);
});

test("close waits for an opening that is under way, and takes no write any more", async () => {
  const path = folder.path("closing");
  const store = new LevelStore({ path });
  const loading = store.load();
  const closing = store.close();
  await loading;
  await assert.rejects(store.write([{ key: "a", value: new Uint8Array() }]), { code: "closed" });
  await closing;
  await using next = new LevelStore({ path });
  assert.deepEqual(await next.load(), []);
});
