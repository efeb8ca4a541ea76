import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { installedClosure, type Lockfile } from "./installed-closure.ts";

const root = dirname(dirname(import.meta.dirname));

test("the README of core lists exactly what is installed with it", () => {
  const lockfile = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Lockfile;
  const readme = readFileSync(join(root, "packages", "core", "README.md"), "utf8");
  const section = /^## Dependencies\n(.*?)(?=^## |$(?![\s\S]))/ms.exec(readme)?.[1] ?? "";
  const listed = [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name).sort();
  assert.deepEqual(installedClosure(lockfile, "packages/core"), listed);
});

test("a closure has what dependencies and peers need, from the nearest node_modules, and nothing that may be left out", () => {
  const packages = {
    "packages/a": { dependencies: { "@scope/b": "1", c: "1" }, optionalDependencies: { absent: "1" } },
    "node_modules/@scope/b": { link: true, resolved: "packages/b" },
    "packages/b": {
      dependencies: { f: "1" },
      peerDependencies: { d: "1", left: "1" },
      peerDependenciesMeta: { left: { optional: true } },
    },
    "node_modules/c": { dependencies: { d: "2" } },
    "node_modules/c/node_modules/d": { dependencies: { e: "1" } },
    "node_modules/d": {},
    "packages/b/node_modules/f": {},
    "node_modules/e": { dependencies: { c: "1" } },
    "node_modules/left": {},
  };
  assert.deepEqual(installedClosure({ packages }, "packages/a"), ["@scope/b", "c", "d", "e", "f"]);
});
