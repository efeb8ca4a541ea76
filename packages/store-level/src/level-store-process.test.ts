import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import type { StoreEntry } from "@im-sdk/contracts";
import { LevelStore } from "./level-store.ts";
import { makeFolder } from "./test-kit/make-folder.ts";
import { spawnProgram } from "./test-kit/spawn-program.ts";

const folder = makeFolder();

for (const fsync of [false, true]) {
  test(`what resolved is there after SIGKILL, round after round, fsync ${fsync}`, async () => {
    const path = folder.path(`killed-${fsync}`);
    // Killed after the first write and after thousands, so that it happens in a new log as well as among tables.
    const rounds = fsync ? [1, 60] : [1, 50, 400, 3_000];
    for (const [round, count] of rounds.entries()) {
      const { child, lines, ended } = spawnProgram("write-forever", [path, `${fsync}`, `${round}`]);
      await lines.atLeast(count);
      child.kill("SIGKILL");
      assert.deepEqual(await ended, [null, "SIGKILL"]);
      assertKept(await contentOf(path), `${round}`, lines.all());
    }
    // What earlier rounds left is there as well.
    const content = await contentOf(path);
    for (const round of rounds.keys()) assert.ok([...content.keys()].some((key) => key.startsWith(`${round}/`)));
  });
}

test("another process is told that the store is open, also after one was refused here, and gets it afterwards", async () => {
  const path = folder.path("locked", "state");
  const store = new LevelStore({ path });
  await store.load();
  await store.write([{ key: "a", value: new Uint8Array() }]);
  const message = `the store at "${path}" is open in another process: end that one, or give each client a path of its own`;
  assert.deepEqual(await outputOf("open-once", path), [`locked: ${message}`]);
  await assert.rejects(new LevelStore({ path }).load(), {
    code: "locked",
    message: `the store at "${path}" is open in this process: give each client a path of its own`,
  });
  assert.deepEqual(await outputOf("open-once", path), [`locked: ${message}`]);
  await store.close();
  assert.deepEqual(await outputOf("open-once", path), ["loaded 1"]);
  await store.load();
  await store.close();
});

test("a process that used everything ends by itself", async () => {
  const path = folder.path("whole");
  assert.deepEqual(await outputOf("whole-program", path), ["left: "]);
  assert.deepEqual([...(await contentOf(path)).keys()], ["a", "b"]);
});

// Windows has no such limit.
test("a write that the disk refuses rejects, nothing is written after it, and what resolved before is there", {
  skip: process.platform === "win32",
}, async () => {
  const path = folder.path("full");
  const { lines, ended } = spawnProgram("fill-up", [path], "ulimit -f 100");
  assert.deepEqual(await ended, [0, null]);
  const said = lines.all();
  assert.match(said.at(-2) ?? "", /^failed: could not write the store at ".*full": .*; nothing more is written until/);
  assert.equal(said.at(-1), "later failed");
  const kept = said.filter((line) => line.startsWith("kept")).map((line) => line.slice(5));
  assert.ok(kept.length > 0);
  const content = await contentOf(path);
  for (const key of kept) assert.ok(content.get(key)?.equals(Buffer.alloc(1_000, key)), `"${key}" had resolved`);
  assert.equal(content.has("later"), false);
});

/** All that was printed is there, and of every batch all or nothing. */
function assertKept(content: Map<string, Buffer>, round: string, lines: readonly string[]): void {
  for (const writer of ["甲", "b", "c"]) {
    const printed = lines.filter((line) => line.startsWith(`${writer} `)).length;
    const last = Number(content.get(`${round}/${writer}/last`)?.toString() ?? -1);
    assert.ok(last >= printed - 1, `${writer} had written ${printed}, and the last that is there is ${last}`);
    const keys = [...content.keys()].filter((key) => key.startsWith(`${round}/${writer}/`));
    const wanted = Array.from({ length: Math.min(last + 1, 100) }, (_, index) => `${round}/${writer}/${last - index}`);
    assert.deepEqual(keys.filter((key) => !key.endsWith("last")).sort(), wanted.sort());
    for (const key of wanted) {
      const index = Number(key.split("/")[2]);
      assert.ok(content.get(key)?.equals(Buffer.alloc(index % 50 === 0 ? 100_000 : 20, key)), `"${key}" is as it was`);
    }
  }
}

async function contentOf(path: string): Promise<Map<string, Buffer>> {
  await using store = new LevelStore({ path });
  return new Map((await store.load()).map(({ key, value }: StoreEntry) => [key, Buffer.from(value)]));
}

async function outputOf(program: string, path: string): Promise<string[]> {
  const { child, lines, ended } = spawnProgram(program, [path]);
  await once(child, "exit");
  await ended;
  return lines.all();
}
