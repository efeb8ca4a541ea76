import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { findLogDamage } from "./find-log-damage.ts";

/**
 * What is wrong with a folder of LevelDB that LevelDB would pass over by beginning anew, or by leaving out what it cannot read;
 * `undefined` when there is nothing. Looks only, and may do so while another process has the folder open.
 */
export async function findDamage(folder: string): Promise<string | undefined> {
  // A process that opens the folder at this moment may move a file between two looks; what is damaged stays so.
  return (await look(folder)) && (await look(folder));
}

async function look(folder: string): Promise<string | undefined> {
  const names = await readdir(folder);
  const current = await read(folder, "CURRENT");
  if (current === undefined) {
    const data = names.find((name) => /^\d+\.(log|ldb|sst)$/.test(name));
    return data && `its file CURRENT is missing, beside ${data}`;
  }
  const manifest = /^(MANIFEST-\d+)\n$/.exec(current.toString("latin1"))?.[1];
  if (manifest === undefined) return "its file CURRENT names no manifest";
  if (!names.includes(manifest)) return `its file ${manifest} is missing`;
  for (const name of names.filter((each) => each.endsWith(".log"))) {
    const damage = findLogDamage((await read(folder, name)) ?? Buffer.alloc(0));
    if (damage !== undefined) return `in its file ${name}, ${damage}`;
  }
  return undefined;
}

async function read(folder: string, name: string): Promise<Buffer | undefined> {
  try {
    return await readFile(join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
