import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

/** A folder that is removed after the tests of the file. */
export function makeFolder(): { path(...names: string[]): string } {
  const folder = mkdtempSync(join(tmpdir(), "im-store-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return { path: (...names) => join(folder, ...names) };
}
