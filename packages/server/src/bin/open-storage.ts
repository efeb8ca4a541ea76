import type { ServerStorage } from "../storage/server-storage.ts";
import { loadPackage } from "./load-package.ts";

/** What the command needs of `@im-sdk/server-level`. */
interface LevelPackage {
  levelStorage(options: { readonly path: string }): Promise<ServerStorage>;
}

/** Not a literal: that package is built on this one, so its types cannot be had when this one is built. */
const levelPackage = ["@im-sdk", "server-level"].join("/");

/** The storage in a folder; undefined without one. Throws when its package is missing or the folder cannot be opened. */
export async function openStorage(
  dataDir: string | undefined,
  importLevel = (): Promise<LevelPackage> => import(levelPackage),
): Promise<ServerStorage | undefined> {
  if (dataDir === undefined) return undefined;
  const { levelStorage } = await loadPackage("--data-dir", "server-level", importLevel);
  try {
    return await levelStorage({ path: dataDir });
  } catch (cause) {
    throw new Error(`--data-dir: ${(cause as Error).message}`, { cause });
  }
}
