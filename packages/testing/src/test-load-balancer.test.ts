import assert from "node:assert/strict";
import { test } from "node:test";
import { runFixture } from "./fixtures/run-fixture.ts";

test("a balancer that always takes the first usable instance passes", async () => {
  const { passed, failed } = await runFixture("broken-balancers", "none");
  assert.deepEqual(failed, []);
  assert.equal(passed.length, 13);
});

const finds: Record<string, RegExp> = {
  "ignores health": /unhealthy instance is picked only/,
  "takes unknown for unhealthy": /unknown health/,
  "ignores exclude": /excluded instance is never picked/,
  "falls back to an excluded instance": /undefined is when all are excluded/,
  "keeps instances that have gone": /newest set only/,
  "keeps instances as first seen": /newest set only/,
  "throws when empty": /without instances it picks undefined/,
  "depends on the order": /the order of the first update/,
  "sorts the array of its caller": /the set that is handed over/,
  "hashes by position": /same set changes nothing visible/,
  "puts brackets around IPv6": /IPv6/,
  "drops a weight of nonsense": /a weight that is no positive number/,
  "chokes on a late report": /reports are welcome/,
};

for (const [flaw, finding] of Object.entries(finds)) {
  test(`a balancer that ${flaw} fails`, async () => {
    const { failed } = await runFixture("broken-balancers", flaw);
    assert.ok(
      failed.some((title) => finding.test(title)),
      `failed only: ${failed.join("; ")}`,
    );
  });
}
