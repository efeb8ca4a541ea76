// Tries to open a store and prints what came of it: run by level-store-process.test.ts.
import { LevelStore } from "../level-store.ts";

const store = new LevelStore({ path: process.argv[2] ?? "" });
const outcome = await store.load().then(
  (entries) => `loaded ${entries.length}`,
  (error) => `${error.code}: ${error.message}`,
);
process.stdout.write(`${outcome}\n`);
await store.close();
