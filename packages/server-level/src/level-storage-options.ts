/** Where and how {@link levelStorage} stores. */
export interface LevelStorageOptions {
  /** The folder of the database; it is made when it does not exist. One server at a time can have it open. */
  readonly path: string;
  /**
   * Waits with every batch until the disk has it, so that a power cut loses nothing that was acknowledged. Without it that is so
   * for the death of the process, by whichever signal; what the system had not yet written goes with a power cut. Default false.
   */
  readonly fsync?: boolean;
}

const names = ["path", "fsync"];

/** Fills in the defaults; throws a TypeError that names option, value and what is allowed. */
export function resolveLevelStorageOptions(options: LevelStorageOptions): Required<LevelStorageOptions> {
  for (const [name, value] of Object.entries(options)) {
    if (names.includes(name)) continue;
    throw new TypeError(`${name} is ${shown(value)}, but there is no such option: want one of ${names.join(", ")}`);
  }
  const { path, fsync = false } = options;
  if (typeof path !== "string" || path === "") throw new TypeError(`path is ${shown(path)}: want the path of a folder`);
  if (typeof fsync !== "boolean") throw new TypeError(`fsync is ${shown(fsync)}: want true or false`);
  return { path, fsync };
}

function shown(value: unknown): string {
  return typeof value === "string" ? `"${value}"` : String(value);
}
