import assert from "node:assert/strict";
import { test } from "node:test";
import { openLevelDatabase } from "./level-database.ts";
import { levelStorage } from "./level-storage.ts";
import { RoomKeys } from "./room-keys.ts";
import { logOptions, messageOf } from "./test-kit/room.ts";
import { temporaryFolder } from "./test-kit/temporary-folder.ts";

test("a room whose index does not reach its newest message is refused by name", async (t) => {
  const folder = await temporaryFolder();
  t.after(() => folder[Symbol.asyncDispose]());
  const before = await levelStorage({ path: folder.path });
  const log = before.openLog("lobby", logOptions());
  for (const text of ["a", "b"]) await log.append(messageOf(text), text);
  await before.close();
  const database = await openLevelDatabase(folder.path);
  await database.batch([{ key: new RoomKeys("lobby").index(2n) }], { sync: false });
  await database.close();
  const storage = await levelStorage({ path: folder.path });
  t.after(() => storage.close());
  await assert.rejects(Promise.resolve(storage.openLog("lobby", logOptions()).head()), {
    message: 'what is stored of room "lobby" is damaged: its index ends at 1, its messages at 2',
  });
});
