import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { compareFolders } from "./check-generated.ts";

test("files that differ, are missing or should not be there are named, and equal ones are not", async (t) => {
  const scratch = mkdtempSync(join(tmpdir(), "compare-"));
  t.after(() => rmSync(scratch, { recursive: true }));
  const fill = (folder: string, files: Record<string, string>) => {
    mkdirSync(join(scratch, folder, "deep"), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(scratch, folder, name), text);
    return join(scratch, folder);
  };
  const wanted = fill("wanted", { "a.ts": "1", "deep/b.ts": "2", "deep/c.ts": "3" });
  const actual = fill("actual", { "a.ts": "1", "deep/b.ts": "2 ", "d.ts": "4" });
  assert.deepEqual(await compareFolders(wanted, wanted), []);
  assert.deepEqual(await compareFolders(wanted, actual), [
    "d.ts: should not be there",
    "deep/b.ts: differs",
    "deep/c.ts: missing",
  ]);
});
