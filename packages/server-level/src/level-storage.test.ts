import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { startImServer } from "@im-sdk/server";
import { ManualClock } from "@im-sdk/testing";
import { ClassicLevel } from "classic-level";
import { openLevelDatabase } from "./level-database.ts";
import { LevelStorage, levelStorage } from "./level-storage.ts";
import { contentsOf, logOptions, messageOf } from "./test-kit/room.ts";
import { SpoiltDatabase } from "./test-kit/spoilt-database.ts";
import { temporaryFolder } from "./test-kit/temporary-folder.ts";

test("a wrong option is refused with its name, its value and what is allowed", async () => {
  const wrong: [object, RegExp][] = [
    [{}, /path is undefined: want the path of a folder/],
    [{ path: "" }, /path is "": want the path/],
    [{ path: "x", fsync: "yes" }, /fsync is "yes": want true or false/],
    [{ path: "x", sync: true }, /sync is true, but there is no such option: want one of path, fsync/],
  ];
  for (const [options, message] of wrong) {
    await assert.rejects(levelStorage(options as { path: string }), (error: Error) => {
      return error instanceof TypeError && message.test(error.message);
    });
  }
});

test("a folder that another process has open is refused by name, and free once that is dead", async () => {
  await using folder = await temporaryFolder();
  const hold = `
    import { levelStorage } from ${JSON.stringify(new URL("./level-storage.ts", import.meta.url).href)};
    await levelStorage({ path: process.argv[1] });
    console.log("open");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", hold, folder.path]);
  await once(child.stdout, "data");
  await assert.rejects(levelStorage({ path: folder.path }), (error: Error) => {
    return error.message.includes(`"${folder.path}" is open already, in this or another process`);
  });
  child.kill("SIGKILL");
  await once(child, "exit");
  await (await levelStorage({ path: folder.path })).close();
});

test("a folder that this process has open, that is a file, or has another format is refused by name", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "deeper", "data");
  const storage = await levelStorage({ path });
  await assert.rejects(levelStorage({ path }), /deeper\/data" is open already/);
  await storage.close();
  const level = new ClassicLevel(path);
  await level.put("format", "2");
  await level.close();
  await assert.rejects(levelStorage({ path }), /deeper\/data" has format 2: this version reads and writes format 1/);
  const file = join(folder.path, "file");
  await writeFile(file, "");
  await assert.rejects(levelStorage({ path: file }), /file" cannot be opened as a LevelDB folder: /);
});

test("a storage serves one server: a log is open once, and none when it is closed", async () => {
  await using folder = await temporaryFolder();
  const storage = await levelStorage({ path: folder.path });
  const log = storage.openLog("r", logOptions());
  assert.throws(() => storage.openLog("r", logOptions()), /log of room "r" is open already/);
  const appended = log.append(messageOf("a"), "a");
  await Promise.all([storage.close(), storage.close()]);
  assert.equal((await appended).sequence, 1n, "what was under way is stored");
  assert.throws(() => storage.openLog("r", logOptions()), /storage in ".*" is closed/);
  await assert.rejects(Promise.resolve(log.append(messageOf("b"), "b")), /log of room "r" is closed/);
});

test("every batch waits for the disk when that is asked for, and else none", async () => {
  for (const fsync of [true, false]) {
    await using folder = await temporaryFolder();
    const database = new SpoiltDatabase(await openLevelDatabase(folder.path));
    const storage = new LevelStorage(database, { path: folder.path, fsync });
    await storage.openLog("r", logOptions()).append(messageOf("a"), "a");
    await storage.close();
    assert.deepEqual(new Set(database.batches.map(({ sync }) => sync)), new Set([fsync]));
  }
});

test("a server on it has its rooms again after it was closed", async () => {
  await using folder = await temporaryFolder();
  for (let start = 1; start <= 2; start += 1) {
    const storage = await levelStorage({ path: folder.path });
    const server = await startImServer({ storage });
    assert.equal(await storage.hasLog?.("r"), start === 2);
    assert.equal(await storage.hasLog?.("other"), false);
    await storage.openLog("r", logOptions()).append(messageOf(`${start}`), `${start}`);
    await server.close();
  }
  const storage = await levelStorage({ path: folder.path });
  const contents = await contentsOf(storage.openLog("r", logOptions()));
  await storage.close();
  assert.deepEqual(contents, [
    ["1", 1n, 0n],
    ["2", 2n, 1n],
  ]);
});

test("what is too old is deleted from the disk, of rooms that are open and of rooms that nobody opens", async () => {
  await using folder = await temporaryFolder();
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const options = logOptions({ ttlMs: 60_000, duplicateWindowMs: 30_000 }, clock);
  let storage = await levelStorage({ path: folder.path });
  const left = storage.openLog("left", options);
  for (let i = 0; i < 20; i += 1) await left.append(messageOf(`${i}`), `${i}`);
  const { epoch } = await left.head();
  left.close();
  const open = storage.openLog("open", options);
  await open.append(messageOf("a"), "a");
  await clock.advance(60_000);
  open.prune();
  await storage.close();
  const stored = async () => {
    const level = new ClassicLevel<Buffer, Buffer>(folder.path, { keyEncoding: "buffer", valueEncoding: "buffer" });
    const keys = await level.keys().all();
    await level.close();
    return keys.map((key) => key.toString("latin1", 0, 1)).filter((kind) => kind === "m" || kind === "i").length;
  };
  assert.equal(await stored(), 40, "messages and index of the room that is not open");

  storage = await levelStorage({ path: folder.path });
  storage.openLog("any", options);
  await clock.advance(10 * 60_000);
  // The timer is set again when all has been looked at.
  while (clock.pending === 0) await new Promise(setImmediate);
  await storage.close();
  assert.equal(await stored(), 0);

  storage = await levelStorage({ path: folder.path });
  const head = await storage.openLog("left", options).head();
  await storage.close();
  assert.deepEqual([head.epoch, head.sequence, head.floor], [epoch, 20n, 20n]);
});
