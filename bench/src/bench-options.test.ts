import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBenchOptions, UsageError } from "./bench-options.ts";

const known = ["stream", "idle", "import"];
const refused = (message: RegExp) => (error: unknown) => error instanceof UsageError && message.test(error.message);

test("without a name all benchmarks run, in full and for people", () => {
  assert.deepEqual(parseBenchOptions([], known), { names: known, json: false, size: "full" });
});

test("names come in the order of the benchmarks, each once, and options stand anywhere", () => {
  const command = parseBenchOptions(["import", "--json", "stream", "import", "--quick"], known);
  assert.deepEqual(command, { names: ["stream", "import"], json: true, size: "quick" });
});

test("names that there are not are all named, with those there are", () => {
  assert.throws(() => parseBenchOptions(["steam", "idle", "x"], known), refused(/"steam", "x".*stream, idle, import/));
});

test("an option that there is not is named", () => {
  assert.throws(() => parseBenchOptions(["--jsno"], known), refused(/'--jsno'/));
});

test("help is no command", () => {
  assert.equal(parseBenchOptions(["--help"], known), undefined);
});
