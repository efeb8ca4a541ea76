// npm run check: all that CI checks but the tests. Every step runs, also after one failed; the exit code says whether all
// were right.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { checkApiReports } from "./api/check-api-reports.ts";
import { checkGenerated } from "./check-generated.ts";
import { checkPackages } from "./packing/check-packages.ts";
import { runCommand, type StepResult } from "./run-command.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const steps: Record<string, () => Promise<StepResult>> = {
  "format and lint": () => runCommand("biome", "check", "--error-on-warnings", "."),
  "proto lint": () => runCommand("buf", "lint"),
  "proto format": () => runCommand("buf", "format", "--diff", "--exit-code"),
  "proto compatibility": () => runCommand("buf", "breaking", "--against", "proto/baseline.json"),
  "generated code": checkGenerated,
  build: () => runCommand("turbo", "run", "build", "--continue", "--output-logs=errors-only"),
  "types of the packages": () => runCommand("turbo", "run", "typecheck", "--continue", "--output-logs=errors-only"),
  "types of scripts and contract tests": () => runCommand("tsc", "-p", "scripts"),
  architecture: () => runCommand("node", "--test", "scripts/architecture.test.ts"),
  "public surface": () => checkApiReports(root),
  packages: () => checkPackages(root),
  // Refuses a lockfile that a fresh clone could not be installed from; writes nothing and asks no registry.
  lockfile: () => runCommand("npm", "ci", "--dry-run", "--offline", "--ignore-scripts"),
};

const width = Math.max(...Object.keys(steps).map((name) => name.length));
const failed: string[] = [];
for (const [name, run] of Object.entries(steps)) {
  const started = performance.now();
  const { ok, output } = await run().catch((error: unknown) => ({ ok: false, output: String(error) }));
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(`${ok ? "ok    " : "FAILED"}  ${name.padEnd(width)}  ${seconds.padStart(5)} s`);
  if (ok) continue;
  failed.push(name);
  console.log(output.trimEnd().replace(/^/gm, "    "));
}

const count = Object.keys(steps).length;
console.log(
  failed.length === 0 ? `${count} checks passed` : `${failed.length} of ${count} failed: ${failed.join(", ")}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
