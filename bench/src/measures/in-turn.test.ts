import assert from "node:assert/strict";
import { test } from "node:test";
import { inTurn } from "./in-turn.ts";

test("contenders take turns, and their rounds are summed up by measure and subject", async () => {
  const turns: string[] = [];
  const contender = (subject: string, first: number) => ({
    subject,
    take: async () => {
      turns.push(subject);
      return { fast: first + turns.length };
    },
  });
  const slow = { subject: "b", take: async () => ({ slow: 7 }) };
  const units = { fast: "x/s", slow: "ms" };
  const results = await inTurn([contender("a", 0), contender("b", 100), slow], { rounds: 3, units, tell() {} });
  assert.deepEqual(turns, ["a", "b", "a", "b", "a", "b"]);
  assert.deepEqual(results, [
    { measure: "fast", subject: "a", unit: "x/s", median: 3, lowest: 1, highest: 5, rounds: 3 },
    { measure: "fast", subject: "b", unit: "x/s", median: 104, lowest: 102, highest: 106, rounds: 3 },
    { measure: "slow", subject: "b", unit: "ms", median: 7, lowest: 7, highest: 7, rounds: 3 },
  ]);
});

test("what comes before all rounds is the first contender's, and does not count", async () => {
  const turns: string[] = [];
  const contenders = ["a", "b"].map((subject) => ({ subject, take: async () => ({ n: turns.push(subject) }) }));
  const results = await inTurn(contenders, { rounds: 1, warmUpTurns: 2, units: { n: "turns" }, tell() {} });
  assert.deepEqual(turns, ["a", "a", "a", "b"]);
  assert.deepEqual(
    results.map(({ median }) => median),
    [3, 4],
  );
});

test("a contender that fails ends it", async () => {
  const take = () => Promise.reject(new Error("no way"));
  await assert.rejects(inTurn([{ subject: "a", take }], { rounds: 1, units: {}, tell() {} }), /no way/);
});
