import assert from "node:assert/strict";
import { test } from "node:test";
import { runFixture } from "./fixtures/run-fixture.ts";

test("a small log that does all that is promised passes", async () => {
  const { passed, failed } = await runFixture("broken-room-logs", "none");
  assert.deepEqual(failed, []);
  assert.equal(passed.length, 17);
});

const finds: Record<string, RegExp> = {
  "forgets the one before": /positions go up/,
  "loses the order": /in the order of the calls/,
  "tells for ever": /followers are told/,
  "stores twice": /same key gets the first position/,
  "shares keys": /key of another user/,
  "mixes rooms up": /rooms keep apart/,
  "reads from the position on": /reading is by position/,
  "reads without limit": /reading is by position/,
  "keeps too many": /there are too many, and the floor/,
  "has no floor": /there are too many, and the floor/,
  "keeps too many bytes": /too many bytes/,
  "keeps the old": /when their time is over/,
  "never forgets": /known for the window/,
  "bounds the room": /nobody else's/,
  "is in memory": /after a restart an empty log/,
  "changes its epoch": /after a restart a log is as it was/,
  "forgets ids": /after a restart a log is as it was/,
  "begins at 1 when empty": /nor does a position/,
};

for (const [flaw, finding] of Object.entries(finds)) {
  test(`a log that ${flaw} fails`, async () => {
    const { failed } = await runFixture("broken-room-logs", flaw);
    assert.ok(
      failed.some((title) => finding.test(title)),
      `failed only: ${failed.join("; ")}`,
    );
  });
}
