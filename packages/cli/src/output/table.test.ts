import assert from "node:assert/strict";
import { test } from "node:test";
import { table } from "./table.ts";

test("columns are straight on a terminal, whatever the width of their characters there", () => {
  const rows = [
    ["name", "role"],
    ["张三", "admin"],
    ["👩‍👩‍👧", "family"],
    ["e\u0301tienne", "accent"],
    ["ﾊﾝｶｸ", "half"],
    ["", "nobody"],
  ];
  assert.deepEqual(table(rows).split("\n"), [
    "name     role",
    "张三     admin",
    "👩‍👩‍👧       family",
    "e\u0301tienne  accent",
    "ﾊﾝｶｸ     half",
    "         nobody",
  ]);
});

test("nothing is behind the last cell, nor behind the last that is not empty", () => {
  assert.equal(
    table([
      ["a", "long", ""],
      ["b", "", ""],
    ]),
    "a  long\nb",
  );
});
