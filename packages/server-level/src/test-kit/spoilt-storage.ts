import type { TestContext } from "node:test";
import { openLevelDatabase } from "../level-database.ts";
import { LevelStorage } from "../level-storage.ts";
import { SpoiltDatabase } from "./spoilt-database.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A storage on a {@link SpoiltDatabase} in a folder of its own, closed after the test. */
export async function openSpoilt(t: TestContext) {
  const folder = await temporaryFolder();
  const database = new SpoiltDatabase(await openLevelDatabase(folder.path));
  const storage = new LevelStorage(database, { path: folder.path, fsync: false });
  t.after(async () => {
    await storage.close();
    await folder[Symbol.asyncDispose]();
  });
  return { database, storage, path: folder.path };
}
