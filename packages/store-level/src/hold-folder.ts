/** The folders that this process has open, by their real paths. */
const held = new Set<string>();

/**
 * Takes a folder for this process and answers how to give it back; `undefined` when it is taken. LevelDB must not be asked for a
 * folder twice: refusing the second time, it closes a descriptor of its lock file, and by that POSIX drops the lock of the first.
 */
export function holdFolder(realPath: string): (() => void) | undefined {
  if (held.has(realPath)) return undefined;
  held.add(realPath);
  return () => held.delete(realPath);
}
