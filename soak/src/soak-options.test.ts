import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSoakOptions } from "./soak-options.ts";

test("without options there is one round of 40,000 messages with logs on disk and a seed of its own", () => {
  const options = parseSoakOptions([]);
  assert.deepEqual({ ...options, seed: 0 }, { minutes: 0, seed: 0, messages: 40_000, log: "disk", json: false });
  assert.notEqual(parseSoakOptions([])?.seed, parseSoakOptions([])?.seed);
});

test("options are taken as given, and --help asks for nothing else", () => {
  assert.deepEqual(parseSoakOptions(["--minutes", "1.5", "--seed=0", "--messages", "9", "--log", "memory", "--json"]), {
    minutes: 1.5,
    seed: 0,
    messages: 9,
    log: "memory",
    json: true,
  });
  assert.equal(parseSoakOptions(["--help"]), undefined);
});

for (const [args, message] of [
  [["--minutes", "soon"], '--minutes is "soon": want a number from 0.01 to 100000'],
  [["--minutes", "0"], '--minutes is "0": want a number from 0.01 to 100000'],
  [["--seed", "1.5"], '--seed is "1.5": want a whole number'],
  [["--seed", ""], '--seed is "": want a number from 0 to 2147483647'],
  [["--messages", "0"], '--messages is "0": want a number from 1 to 1000000'],
  [["--log", "tape"], '--log is "tape": want disk or memory'],
  [["--fast"], /--fast/],
  [["more"], /more/],
] as const) {
  test(`a wrong command line says what is wrong: ${args.join(" ")}`, () => {
    assert.throws(() => parseSoakOptions([...args]), { name: "UsageError", message });
  });
}
