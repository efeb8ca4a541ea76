import assert from "node:assert/strict";
import { test } from "node:test";
import { type Changes, tellChange, type Wait, waitUntil } from "./wait-until.ts";

function waitOn(look: () => string | undefined, fields: Partial<Wait<string>> = {}) {
  const changes: Changes = new Set();
  const closing = new AbortController();
  const wait = { look, changes, missing: () => "nothing came", closing: closing.signal, ...fields };
  return { changes, closing, found: waitUntil(wait) };
}

test("a wait takes one, however many come before it gets its turn", async () => {
  const left: string[] = [];
  const { changes, found } = waitOn(() => left.shift());
  left.push("a", "b");
  tellChange(changes);
  tellChange(changes);
  assert.equal(await found, "a");
  assert.deepEqual(left, ["b"]);
});

test("a wait leaves nothing behind, however it ends", async () => {
  for (const end of ["closing", "signal", "time"] as const) {
    const user = new AbortController();
    const timeoutMs = end === "time" ? 1 : 60_000;
    const { changes, closing, found } = waitOn(() => undefined, { signal: user.signal, timeoutMs });
    const rejected = assert.rejects(
      found,
      end === "time" ? /^Error: nothing came \(waited for 1 ms\)$/ : { name: "AbortError" },
    );
    if (end === "closing") closing.abort();
    if (end === "signal") user.abort();
    await rejected;
    assert.equal(changes.size, 0);
  }
});
