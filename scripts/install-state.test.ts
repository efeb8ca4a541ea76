import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isInstalled, markInstalled } from "./install-state.mjs";

type Packages = Record<string, Record<string, unknown>>;

const locked: Packages = {
  "": { name: "root" },
  "node_modules/dep": { version: "1.0.0", integrity: "sha512-a" },
  "node_modules/other-platform": { version: "1.0.0", integrity: "sha512-b", optional: true },
  "node_modules/@im-sdk/own": { resolved: "packages/own", link: true },
};

function setUp(t: TestContext, installed?: Packages): string {
  const root = mkdtempSync(join(tmpdir(), "install-state-"));
  t.after(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, "package-lock.json"), JSON.stringify({ packages: locked }));
  if (installed !== undefined) {
    mkdirSync(join(root, "node_modules"));
    writeFileSync(join(root, "node_modules", ".package-lock.json"), JSON.stringify({ packages: installed }));
  }
  return root;
}

test("a fresh clone is not installed", (t) => {
  assert.equal(isInstalled(setUp(t)), false);
});

test("an interrupted install, which leaves neither stamp nor record, is not installed", (t) => {
  const root = setUp(t);
  mkdirSync(join(root, "node_modules", "dep"), { recursive: true });
  assert.equal(isInstalled(root), false);
});

test("what was marked is installed until the lockfile changes, whatever the times of the files", (t) => {
  const root = setUp(t, {});
  assert.equal(isInstalled(root), false);
  markInstalled(root);
  assert.equal(isInstalled(root), true);
  writeFileSync(join(root, "package-lock.json"), JSON.stringify({ packages: locked }));
  assert.equal(isInstalled(root), true, "the same lockfile written again");
  const bumped = { ...locked, "node_modules/dep": { version: "1.0.1", integrity: "sha512-c" } };
  writeFileSync(join(root, "package-lock.json"), JSON.stringify({ packages: bumped }));
  assert.equal(isInstalled(root), false, "another lockfile");
});

test("an install by hand counts when npm's record holds every package but those for other platforms", (t) => {
  const { "": _, "node_modules/other-platform": __, ...installed } = locked;
  assert.equal(isInstalled(setUp(t, installed)), true);
});

for (const [what, change] of Object.entries<Packages>({
  "another version": { "node_modules/dep": { version: "0.9.0", integrity: "sha512-a" } },
  "other contents": { "node_modules/dep": { version: "1.0.0", integrity: "sha512-z" } },
  "no link to a package of ours": { "node_modules/@im-sdk/own": {} },
})) {
  test(`an install by hand with ${what} does not count`, (t) => {
    assert.equal(isInstalled(setUp(t, { ...locked, ...change })), false);
  });
}

test("an install by hand without one of the packages does not count", (t) => {
  const { "node_modules/dep": _, ...installed } = locked;
  assert.equal(isInstalled(setUp(t, installed)), false);
});
