import assert from "node:assert/strict";
import { test } from "node:test";
import { addVersion, summaryOf } from "./changelog.ts";

test("the summary of a changeset is what follows its head", () => {
  const changeset = '---\n"@im-sdk/core": minor\n---\n\nA thing is new.\n---\nAnd more.\n';
  assert.equal(summaryOf(changeset), "A thing is new.\n---\nAnd more.");
});

test("a version stands above the others, and below what the change log begins with", () => {
  const before = "# Changes\n\nOne version.\n\n## 0.1.0\n\n- Old.\n";
  const after = addVersion(before, "0.2.0", ["New,\nand long.", "More."]);
  assert.equal(after, "# Changes\n\nOne version.\n\n## 0.2.0\n\n- New,\n  and long.\n- More.\n\n## 0.1.0\n\n- Old.\n");
  assert.equal(addVersion("# Changes\n\n", "0.1.0", ["New."]), "# Changes\n\n## 0.1.0\n\n- New.\n\n");
  assert.equal(addVersion(before, "0.2.0", []), before);
});
