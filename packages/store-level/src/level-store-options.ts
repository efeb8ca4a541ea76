import { resolve } from "node:path";

/** Where a {@link LevelStore} keeps its values, and how surely. */
export interface LevelStoreOptions {
  /**
   * A folder of its own for every client, created with its parents when it is not there. A relative path is seen from the
   * working folder of the moment.
   */
  readonly path: string;
  /**
   * Waits for the disk with every write, so that what resolved survives a power cut as well. Default `false`: it survives the
   * end of the process, not that of the machine.
   */
  readonly fsync?: boolean;
}

/** Fills in the defaults and makes the path absolute; throws a TypeError that names the option, its value and what is allowed. */
export function resolveLevelStoreOptions({ path, fsync = false }: LevelStoreOptions): Required<LevelStoreOptions> {
  // A zero byte would cut the path short in LevelDB.
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw invalid("path", path, "the name of a folder");
  }
  if (typeof fsync !== "boolean") throw invalid("fsync", fsync, "true or false");
  return { path: resolve(path), fsync };
}

function invalid(option: string, value: unknown, want: string): TypeError {
  const got = typeof value === "object" && value !== null ? "an object" : (JSON.stringify(value) ?? String(value));
  return new TypeError(`${option} must be ${want}, got ${got}`);
}
