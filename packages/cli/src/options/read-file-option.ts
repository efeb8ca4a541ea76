import { readFileSync } from "node:fs";
import { UsageError } from "../usage-error.ts";

/** The file that an option or variable names; throws a UsageError with both when it cannot be read. */
export function readFileOption(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UsageError(`${name} ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
