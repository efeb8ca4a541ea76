import assert from "node:assert/strict";
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { removeStale } from "./remove-stale.ts";

test("what was compiled from a source that is gone is deleted, and nothing else", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "stale-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const path of ["dist/deep", "src/deep"]) mkdirSync(join(folder, path), { recursive: true });
  for (const name of ["kept", "gone"]) {
    for (const kind of ["js", "d.ts"]) {
      const compiled = join(folder, "dist/deep", `${name}.${kind}`);
      writeFileSync(compiled, "");
      writeFileSync(`${compiled}.map`, JSON.stringify({ sources: [`../../src/deep/${name}.ts`] }));
    }
  }
  writeFileSync(join(folder, "src/deep/kept.ts"), "");
  writeFileSync(
    join(folder, "dist/joined.js.map"),
    JSON.stringify({ sources: ["../src/deep/kept.ts", "../src/gone.ts"] }),
  );
  writeFileSync(join(folder, "dist/plain.js"), "");
  removeStale(folder);
  assert.deepEqual(globSync("dist/**/*.*", { cwd: folder }).sort(), [
    "dist/deep/kept.d.ts",
    "dist/deep/kept.d.ts.map",
    "dist/deep/kept.js",
    "dist/deep/kept.js.map",
    "dist/plain.js",
  ]);
});
