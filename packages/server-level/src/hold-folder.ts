import { mkdir, realpath } from "node:fs/promises";

/** The folders that this process has open, by their real paths. */
const held = new Set<string>();

/** A folder that nobody else in this process has. */
export interface HeldFolder {
  /** Absolute and without links: the same folder by whichever name, and wherever the process goes. */
  readonly realPath: string;
  /** Gives it back. */
  release(): void;
}

/**
 * Takes a folder for this process, made when it does not exist; `undefined` when it is taken, under whatever name. LevelDB must
 * not be asked for a folder twice: it knows its own by their names only, and refusing the second time it closes a descriptor of
 * the lock file, by which POSIX drops the lock of the first.
 */
export async function holdFolder(path: string): Promise<HeldFolder | undefined> {
  await mkdir(path, { recursive: true });
  const folder = await realpath(path);
  if (held.has(folder)) return undefined;
  held.add(folder);
  return { realPath: folder, release: () => held.delete(folder) };
}
