import assert from "node:assert/strict";
import { test } from "node:test";
import { runFixture } from "./fixtures/run-fixture.ts";

test("a discovery without a flaw passes, nothing skipped", async () => {
  const { passed, failed } = await runFixture("broken-discoveries", "none");
  assert.deepEqual(failed, []);
  assert.equal(passed.length, 14);
});

const finds: Record<string, RegExp> = {
  "gives deltas": /full new set, never a part/,
  "holds back an empty set": /empty set is delivered as empty/,
  "gives the first snapshot only on a change": /whole set at once/,
  "watches once and then never again": /full new set/,
  "changes a delivered snapshot": /delivered snapshot does not change/,
  "throws on abort": /abort ends a waiting watch/,
  "ignores the signal of a watch": /abort ends a waiting watch/,
  "ignores the signal of discover": /discover with an aborted signal/,
  "throws in every watch on close": /close ends every watch/,
  "leaves watches open on close": /close ends every watch/,
  "lets watches share one queue": /independent of each other/,
  "remembers the first answer of discover": /discover answers the whole set/,
  "loses metadata": /every field of an instance/,
  "ends its watches in an outage": /outage of the registry/,
  "says nothing of an outage": /outage of the registry/,
  "says nothing of a recovery": /outage of the registry/,
};

for (const [flaw, finding] of Object.entries(finds)) {
  test(`a discovery that ${flaw} fails`, async () => {
    const { failed } = await runFixture("broken-discoveries", flaw);
    assert.ok(
      failed.some((title) => finding.test(title)),
      `failed only: ${failed.join("; ")}`,
    );
  });
}
