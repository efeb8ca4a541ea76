// Uses everything a store has, closes it, and must then end by itself: run by level-store-process.test.ts.
import { LevelStore } from "../level-store.ts";

const path = process.argv[2] ?? "";
const store = new LevelStore({ path });
await store.load();
await store.write([{ key: "a", value: Buffer.from("1") }]);
await new LevelStore({ path }).load().catch(() => {});
void store.write([{ key: "b", value: Buffer.from("2") }]);
await store.close();
await store.load();
await store.close();
await store.write([]).catch(() => {});

// One that nobody closed does not hold the process either.
const forgotten = new LevelStore({ path: `${path}-forgotten` });
await forgotten.load();
await forgotten.write([{ key: "a", value: Buffer.from("1") }]);
const left = process.getActiveResourcesInfo().filter((name) => !["PipeWrap", "TTYWrap"].includes(name));
process.stdout.write(`left: ${left.join(" ")}\n`);
