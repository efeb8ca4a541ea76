// Writes into a store without end and prints what has resolved, until it is killed: run by level-store-process.test.ts.
import { writeSync } from "node:fs";
import { LevelStore } from "../level-store.ts";

const [path = "", fsync, round = ""] = process.argv.slice(2);
const store = new LevelStore({ path, fsync: fsync === "true" });
await store.load();

/** Each writes one after the other, so that batches of one and of many are under way when the end comes. */
async function writeOn(writer: string): Promise<never> {
  for (let index = 0; ; index++) {
    const key = `${round}/${writer}/${index}`;
    // Two keys in one batch, of which one may be large enough to be written in pieces.
    const value = Buffer.alloc(index % 50 === 0 ? 100_000 : 20, key);
    await store.write([
      { key, value },
      { key: `${round}/${writer}/last`, value: Buffer.from(`${index}`) },
      { key: `${round}/${writer}/${index - 100}`, value: undefined },
    ]);
    // At once, not when a pipe has time: what is printed here had resolved.
    writeSync(1, `${writer} ${index}\n`);
  }
}
await Promise.all(["甲", "b", "c"].map(writeOn));
