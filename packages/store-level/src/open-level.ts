import { mkdir, realpath } from "node:fs/promises";
import type { StoreChange, StoreEntry } from "@im-sdk/contracts";
import { ClassicLevel } from "classic-level";
import { findDamage } from "./find-damage.ts";
import { holdFolder } from "./hold-folder.ts";
import { openSealed } from "./sealed-value.ts";
import { corrupt, lockedHere, toStoreError } from "./store-failures.ts";

/** A folder that is open, with what was in it. */
export interface OpenLevel {
  readonly entries: readonly StoreEntry[];
  /** Makes the changes, whose values are sealed; all or none. One call at a time: LevelDB keeps no order among several. */
  write(changes: readonly StoreChange[], fsync: boolean): Promise<void>;
  close(): Promise<void>;
}

type Level = ClassicLevel<string, Uint8Array>;

/** Opens the folder, created when it is not there, and reads all of it. What fails is a StoreError, and leaves nothing open. */
export async function openLevel(path: string): Promise<OpenLevel> {
  try {
    await mkdir(path, { recursive: true });
    // One folder may have many names.
    const folder = await realpath(path);
    const release = holdFolder(folder);
    if (release === undefined) throw lockedHere(path);
    try {
      const { level, entries } = await open(folder, path);
      return {
        entries,
        write: (changes, fsync) => write(level, changes, fsync).catch(fail(path, "write")),
        close: () => level.close().then(release, fail(path, "close")),
      };
    } catch (error) {
      release();
      throw error;
    }
  } catch (error) {
    throw toStoreError(path, "open", error);
  }
}

async function open(folder: string, path: string): Promise<{ level: Level; entries: StoreEntry[] }> {
  const damage = await findDamage(folder);
  if (damage !== undefined) throw corrupt(path, damage);
  const level: Level = new ClassicLevel(folder, { keyEncoding: "utf8", valueEncoding: "view" });
  await level.open();
  try {
    const entries: StoreEntry[] = [];
    for (const [key, sealed] of await level.iterator().all()) {
      const value = openSealed(key, sealed);
      if (value === undefined) throw corrupt(path, `the value of "${key}" is not what was written`);
      entries.push({ key, value });
    }
    return { level, entries };
  } catch (error) {
    await level.close();
    throw error;
  }
}

async function write(level: Level, changes: readonly StoreChange[], sync: boolean): Promise<void> {
  const operations = changes.map(({ key, value }) =>
    value === undefined ? ({ type: "del", key } as const) : ({ type: "put", key, value } as const),
  );
  await level.batch(operations, { sync });
}

function fail(path: string, doing: "write" | "close"): (error: unknown) => never {
  return (error) => {
    throw toStoreError(path, doing, error);
  };
}
