import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { LevelStore } from "./level-store.ts";
import { makeFolder } from "./test-kit/make-folder.ts";

const folder = makeFolder();

/** A folder with both a table and a log that hold something, as a process leaves it that did not close. */
async function makeUsed(path: string): Promise<void> {
  const store = new LevelStore({ path: `${path}-source` });
  await store.load();
  await store.write([put("table-1", "in the table"), put("table-2", "also in the table")]);
  await store.close();
  // Opening makes a table of the log.
  await store.load();
  await store.write([put("log-1", "in the log")]);
  await store.write([put("log-2", "also in the log")]);
  cpSync(`${path}-source`, path, { recursive: true });
  await store.close();
}

const whole = {
  "log-1": "in the log",
  "log-2": "also in the log",
  "table-1": "in the table",
  "table-2": "also in the table",
};
const used = folder.path("used");
await makeUsed(used);
const [log = "", table = "", manifest = ""] = [".log", ".ldb", "MANIFEST"].map((part) =>
  readdirSync(used).find((name) => name.includes(part)),
);

test("a copy of a store in use is whole", async () => {
  assert.deepEqual(await load("whole", () => {}), whole);
});

const damages: Record<string, (path: string) => void> = {
  "without CURRENT": (path) => rmSync(join(path, "CURRENT")),
  "with an empty CURRENT": (path) => writeFileSync(join(path, "CURRENT"), ""),
  "with nonsense in CURRENT": (path) => writeFileSync(join(path, "CURRENT"), "MANIFEST\n"),
  "without its manifest": (path) => rmSync(join(path, manifest)),
  "with nonsense in the manifest": (path) => writeFileSync(join(path, manifest), Buffer.alloc(200, "nonsense")),
  "without a table": (path) => rmSync(join(path, table)),
  "with nonsense in the log": (path) => writeFileSync(join(path, log), Buffer.alloc(200, "nonsense")),
};
for (const [damage, make] of Object.entries(damages)) {
  test(`a store ${damage} is refused by its path, and stays as it is`, async () => {
    const path = folder.path(damage);
    cpSync(used, path, { recursive: true });
    make(path);
    const before = filesOf(path);
    for (let time = 0; time < 2; time++) {
      await assert.rejects(new LevelStore({ path }).load(), (error: Error & { code: string }) => {
        assert.equal(error.code, "corrupt");
        assert.ok(error.message.startsWith(`the store at "${path}" is damaged: `), error.message);
        return true;
      });
    }
    assert.deepEqual(filesOf(path), before);
  });
}

// Opening tidies up before it reads the tables, so that the other files may change. Of a table that is too short some systems say
// that reading failed.
for (const [damage, codes, change] of [
  ["nonsense in a table", ["corrupt"], (bytes: Buffer) => Buffer.alloc(bytes.length, "nonsense")],
  ["half a table", ["corrupt", "failed"], (bytes: Buffer) => bytes.subarray(0, 60)],
] as const) {
  test(`a store with ${damage} is refused by its path, and its tables stay as they are`, async () => {
    const path = folder.path(damage);
    cpSync(used, path, { recursive: true });
    const left = change(readFileSync(join(path, table)));
    writeFileSync(join(path, table), left);
    for (let time = 0; time < 2; time++) {
      await assert.rejects(new LevelStore({ path }).load(), (error: Error & { code: string }) => {
        assert.ok(
          codes.some((code) => code === error.code),
          error.code,
        );
        assert.ok(error.message.includes(`the store at "${path}"`), error.message);
        return true;
      });
      assert.deepEqual(readFileSync(join(path, table)), left);
    }
  });
}

test("no flipped byte in what was written goes unnoticed or makes another value of it", async () => {
  for (const name of [log, table]) {
    const bytes = readFileSync(join(used, name));
    // All of the log, and of the table what holds the values; the rest is LevelDB's to notice.
    const until = name === log ? bytes.length : bytes.indexOf("also in the table") + 17;
    for (let at = 0; at < until; at += 5) {
      const found = await load("flipped", (path) => {
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ 0x5a;
        writeFileSync(join(path, name), flipped);
      }).catch((error) => error.code);
      assert.ok(
        found === "corrupt" || isDeepStrictEqual(found, whole),
        `byte ${at} of ${name}: ${JSON.stringify(found)}`,
      );
    }
  }
});

test("a log that was cut off in the middle of a write gives the writes before", async () => {
  const bytes = readFileSync(join(used, log));
  const { "log-2": _, ...before } = whole;
  const found = await load("cut", (path) => writeFileSync(join(path, log), bytes.subarray(0, bytes.length - 1)));
  assert.deepEqual(found, before);
});

test("a folder in which the very first opening was interrupted is a new one", async () => {
  const path = folder.path("interrupted");
  cpSync(used, path, { recursive: true });
  for (const name of ["CURRENT", log, table]) rmSync(join(path, name));
  await using store = new LevelStore({ path });
  assert.deepEqual(await store.load(), []);
});

test("a path that cannot be a folder is refused by name", async () => {
  const path = folder.path("file");
  writeFileSync(path, "");
  for (const bad of [path, join(path, "below")]) {
    await assert.rejects(new LevelStore({ path: bad }).load(), (error: Error & { code: string }) => {
      assert.equal(error.code, "failed");
      assert.ok(error.message.startsWith(`could not open the store at "${bad}": `), error.message);
      assert.ok(error.cause instanceof Error);
      return true;
    });
  }
});

/** What a store finds in a copy of the used folder after `change`. */
async function load(name: string, change: (path: string) => void): Promise<Record<string, string>> {
  const path = folder.path(name);
  rmSync(path, { recursive: true, force: true });
  cpSync(used, path, { recursive: true });
  change(path);
  await using store = new LevelStore({ path });
  return Object.fromEntries((await store.load()).map(({ key, value }) => [key, Buffer.from(value).toString()]));
}

/** Names and contents of what holds data; LevelDB's own diary and its lock may come and go. */
function filesOf(path: string): Record<string, string> {
  const names = readdirSync(path).filter((name) => !name.startsWith("LO") && !name.endsWith(".dbtmp"));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(path, name), "hex")]));
}

function put(key: string, value: string) {
  return { key, value: Buffer.from(value) };
}
