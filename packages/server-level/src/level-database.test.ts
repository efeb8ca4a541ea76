import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdir, readFile, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { ClassicLevel } from "classic-level";
import { openLevelDatabase } from "./level-database.ts";
import { temporaryFolder } from "./test-kit/temporary-folder.ts";

const isOpen = /is open already, in this or another process: /;

/** What another process is told that opens the folder, and closes it. */
function openElsewhere(path: string): Promise<string> {
  const program = `
    import { openLevelDatabase } from ${JSON.stringify(new URL("./level-database.ts", import.meta.url).href)};
    const opened = openLevelDatabase(process.argv[1]).then((database) => database.close());
    await opened.then(() => console.log("opened"), (error) => console.log(error.message));`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program, path]);
  return text(child.stdout);
}

test("a folder that is open is refused under its other names too", { skip: process.platform === "win32" }, async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "data");
  const database = await openLevelDatabase(path);
  const link = join(folder.path, "link");
  await symlink(path, link);
  for (const name of [path, `${path}/`, `${folder.path}/./data`, link]) {
    await assert.rejects(openLevelDatabase(name), (error: Error) => {
      return isOpen.test(error.message) && error.message.includes(`"${name}"`);
    });
  }
  await database.close();
  await (await openLevelDatabase(link)).close();
});

test("another process is refused, also after one was refused here and after it was opened anew", async () => {
  await using folder = await temporaryFolder();
  const database = await openLevelDatabase(folder.path);
  await assert.rejects(openLevelDatabase(folder.path), isOpen);
  assert.match(await openElsewhere(folder.path), isOpen);
  await database.reopen();
  await assert.rejects(openLevelDatabase(folder.path), isOpen);
  assert.match(await openElsewhere(folder.path), isOpen);
  await database.close();
  assert.equal(await openElsewhere(folder.path), "opened\n");
});

test("a folder whose format cannot be read is refused by name, and not held", async () => {
  await using folder = await temporaryFolder();
  const level = new ClassicLevel(folder.path);
  await level.put("format", "1");
  await level.compactRange("a", "z");
  await level.close();
  const name = (await readdir(folder.path)).find((each) => each.endsWith(".ldb")) ?? "no table";
  const table = join(folder.path, name);
  const bytes = await readFile(table);
  await truncate(table);
  await assert.rejects(openLevelDatabase(folder.path), (error: Error) => {
    return error.message.startsWith(`"${folder.path}" cannot be opened as a LevelDB folder: `);
  });
  await writeFile(table, bytes);
  await (await openLevelDatabase(folder.path)).close();
});
