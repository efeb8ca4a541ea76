import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { JsonReport } from "./report/json-report.ts";

const script = fileURLToPath(new URL("bench.ts", import.meta.url));

function bench(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [script, ...args]);
}

test("with --json there is one object on standard output and nothing else", async () => {
  const { stdout, stderr } = await bench("--quick", "--json", "fanout", "import");
  const report: JsonReport = JSON.parse(stdout);
  assert.deepEqual(Object.keys(report), ["machine", "results", "ratios"]);
  const { cpu, cores, memoryGiB, node, os } = report.machine;
  for (const text of [cpu, node, os]) assert.ok(typeof text === "string" && text !== "");
  for (const number of [cores, memoryGiB]) assert.ok(Number.isInteger(number) && number > 0);
  const keys = ["measure", "subject", "unit", "median", "lowest", "highest", "rounds"];
  for (const result of report.results) assert.deepEqual(Object.keys(result).toSorted(), keys.toSorted());
  assert.deepEqual(Object.keys(report.ratios), ["fanout.throughput/connect-node"]);
  assert.ok(Number(report.ratios["fanout.throughput/connect-node"]) > 0);
  assert.match(stderr, /fanout, round 1 of 1: connect-node/);
});

test("without it there is a table for people", async () => {
  const { stdout } = await bench("--quick", "import");
  assert.match(stdout, /^import\.process, ms: median \(lowest to highest\) of 1\n {2}empty process {3}/m);
});

test("what it does not know is named, and the exit code is 2", async () => {
  for (const word of ["steam", "--jsno"]) {
    await assert.rejects(bench(word), { code: 2, stdout: "", stderr: new RegExp(`${word}.*npm run bench`, "s") });
  }
});
