// Writes into a store until that fails, prints what had resolved, and how the writes after it ended: run by
// level-store-process.test.ts under a limit for the size of files.
import { LevelStore } from "../level-store.ts";

const store = new LevelStore({ path: process.argv[2] ?? "" });
await store.load();
const say = (line: string) => process.stdout.write(`${line}\n`);
try {
  for (let index = 0; ; index++) {
    await store.write([{ key: `${index}`, value: Buffer.alloc(1_000, `${index}`) }]);
    say(`kept ${index}`);
  }
} catch (error) {
  const { code, message } = error as Error & { code: string };
  say(`${code}: ${message}`);
}
await store.write([{ key: "later", value: new Uint8Array() }]).catch((error) => say(`later ${error.code}`));
await store.close();
