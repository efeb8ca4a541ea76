// npm test [-- path … --option …]: one run of node:test over the tests of the whole repository, or over the files and folders
// named; options go to the test runner.
import { existsSync, globSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { runGuarded } from "./run-guarded.ts";

/** The longest that a single test may take. */
const testTimeoutMs = 120_000;

const everywhere = [
  "packages/*/src/**/*.test.ts",
  "gen/*.test.ts",
  "scripts/**/*.test.ts",
  "examples/**/*.test.ts",
  "bench/src/**/*.test.ts",
  "soak/src/*.test.ts",
];

const words = process.argv.slice(2);
const options = words.filter((word) => word.startsWith("-"));
const files = filesOf(words.filter((word) => !word.startsWith("-")));
const { code, left } = await runGuarded(
  process.execPath,
  [
    "--test",
    `--test-timeout=${testTimeoutMs}`,
    `--test-concurrency=${Math.max(2, availableParallelism())}`,
    ...options,
    ...files,
  ],
  // No test may be silent for longer than its timeout; what is, hangs outside of any test.
  { silenceMs: testTimeoutMs + 60_000 },
);
for (const line of left) console.error(`left behind by a test, and killed: ${line}`);
process.exitCode = code === 0 && left.length === 0 ? 0 : 1;

function filesOf(paths: readonly string[]): string[] {
  const exclude = (path: string) => path.includes("node_modules");
  if (paths.length === 0) return globSync(everywhere, { exclude }).sort();
  return paths.flatMap((path) => {
    if (!existsSync(path)) throw new Error(`no test at "${path}": want a file or a folder, seen from the root`);
    return statSync(path).isDirectory() ? globSync(`${path}/**/*.test.ts`, { exclude }).sort() : [path];
  });
}
