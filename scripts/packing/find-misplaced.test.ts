import assert from "node:assert/strict";
import { test } from "node:test";
import { findMisplaced } from "./find-misplaced.ts";

test("files of tests are found wherever they are, and others are not", () => {
  const misplaced = [
    "src/a.test.ts",
    "dist/a.test.d.ts",
    "dist/b/test-kit/c.js",
    "src/fixtures/d.ts",
    "dist/e.test.js.map",
  ];
  const placed = ["src/a.ts", "dist/latest.js", "dist/test-load-balancer.d.ts", "README.md"];
  const found = findMisplaced([...misplaced, ...placed], () => "");
  assert.deepEqual(
    found,
    misplaced.map((path) => `${path} is for tests only`),
  );
});

test("a source map whose source is not in the package is found", () => {
  const map = JSON.stringify({ sources: ["../src/a.ts"] });
  assert.deepEqual(
    findMisplaced(["dist/a.js.map", "src/a.ts"], () => map),
    [],
  );
  assert.deepEqual(
    findMisplaced(["dist/a.js.map"], () => map),
    ["dist/a.js.map is made from src/a.ts, which is not in the package: remove dist, and build anew"],
  );
});
