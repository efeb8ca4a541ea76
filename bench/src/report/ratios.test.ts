import assert from "node:assert/strict";
import { test } from "node:test";
import type { Result } from "../measures/result.ts";
import { isMet, ratiosOf } from "./ratios.ts";
import { tablesOf } from "./tables.ts";

function result(measure: string, subject: string, median: number): Result {
  return { measure, subject, unit: "messages/s", median, lowest: median / 2, highest: median * 2, rounds: 5 };
}

const results = [
  result("stream.throughput", "@im-sdk/core", 90_000),
  result("stream.throughput", "grpc-js", 30_000),
  result("stream.throughput", "connect-node", 20_000),
  result("stream.acknowledged.throughput", "@im-sdk/core", 60_000),
  result("idle.memory", "10 clients", 3.25),
];

test("ratios are ours divided by the peer's, for those that were measured", () => {
  const values = ratiosOf(results).map(({ key, value }) => [key, value]);
  assert.deepEqual(values, [
    ["stream.throughput/grpc-js", 3],
    ["stream.throughput/connect-node", 4.5],
    ["stream.acknowledged.throughput/grpc-js", 2],
  ]);
});

test("what is wanted is a bound in the direction that is better", () => {
  const key = "a/b";
  assert.equal(isMet({ key, value: 2.5, want: { atLeast: 2.5 } }), true);
  assert.equal(isMet({ key, value: 2.49, want: { atLeast: 2.5 } }), false);
  assert.equal(isMet({ key, value: 1.1, want: { atMost: 1.1 } }), true);
  assert.equal(isMet({ key, value: 1.11, want: { atMost: 1.1 } }), false);
  assert.equal(isMet({ key, value: 0.1, want: undefined }), true);
});

test("the tables show every result with its spread, and a missed target", () => {
  assert.equal(
    tablesOf("stream", "Round trips.", results),
    `stream: Round trips.

stream.throughput, messages/s: median (lowest to highest) of 5
  @im-sdk/core   90,000   (45,000 to 180,000)
  grpc-js        30,000   (15,000 to 60,000)
  connect-node   20,000   (10,000 to 40,000)

stream.acknowledged.throughput, messages/s: median (lowest to highest) of 5
  @im-sdk/core   60,000   (30,000 to 120,000)

idle.memory, messages/s: median (lowest to highest) of 5
  10 clients   3.25   (1.63 to 6.50)

ours divided by theirs
  stream.throughput/grpc-js                3.00   want ≥ 2.5
  stream.throughput/connect-node           4.50   want ≥ 6, MISSED
  stream.acknowledged.throughput/grpc-js   2.00   want ≥ 1.5`,
  );
});
