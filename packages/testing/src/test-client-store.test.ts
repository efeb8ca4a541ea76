import assert from "node:assert/strict";
import { test } from "node:test";
import { runFixture } from "./fixtures/run-fixture.ts";

test("a store without a flaw passes, nothing skipped", async () => {
  const { passed, failed } = await runFixture("broken-stores", "none");
  assert.deepEqual(failed, []);
  assert.equal(passed.length, 14);
});

const finds: Record<string, RegExp> = {
  "begins with something": /a new place holds nothing/,
  "forgets on close": /there when it is opened again/,
  "never deletes": /what was deleted is not/,
  "lets the first change of a key count": /in a batch the last counts/,
  "deletes after it has put": /in a batch the last counts/,
  "reverses writes that nobody waits for": /nobody waits for take effect in order/,
  "does not wait for writes on close": /close waits for them/,
  "writes what came before a mistake": /refused as a whole/,
  "breaks on a mistake": /the store goes on/,
  "takes an empty batch for a reset": /without changes changes nothing/,
  "trims keys": /keys of any text/,
  "takes keys for Latin": /keys of any text/,
  "drops empty values": /values of any bytes/,
  "cuts large values": /values of any bytes/,
  "keeps the buffer of the part": /values of any bytes/,
  "keeps the caller's buffer": /does to its buffers/,
  "gives out what it keeps": /does to its buffers/,
  "reads the list late": /does to its buffers/,
  "holds a thousand values": /thousands of values/,
  "takes writes before load": /a write before load/,
  "takes writes after close": /a write after close/,
  "closes only once": /close may be called again/,
  "does nothing when disposed": /leaving the scope/,
  "opens as often as one likes": /cannot be opened again/,
  "is emptied by a second opening": /the first is not disturbed/,
};

for (const [flaw, finding] of Object.entries(finds)) {
  test(`a store that ${flaw} fails`, async () => {
    const { failed } = await runFixture("broken-stores", flaw);
    assert.ok(
      failed.some((title) => finding.test(title)),
      `failed only: ${failed.join("; ")}`,
    );
  });
}
