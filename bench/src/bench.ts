// npm run bench [-- NAME … --json]: see ../README.md.
import { type BenchCommand, parseBenchOptions, UsageError, usage } from "./bench-options.ts";
import { benches } from "./benches/benches.ts";
import type { Result } from "./measures/result.ts";
import { jsonReport } from "./report/json-report.ts";
import { thisMachine } from "./report/machine.ts";
import { machineLine, tablesOf } from "./report/tables.ts";

const known = Object.keys(benches);
process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  try {
    const command = parseBenchOptions(args, known);
    if (command !== undefined) return await run(command);
    console.log(usage(known));
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${usage(known)}`);
    return 2;
  }
}

/** What fails is told, and leaves the others to be measured. */
async function run({ names, json, size }: BenchCommand): Promise<number> {
  const all: Result[] = [];
  let code = 0;
  if (!json) console.log(machineLine(thisMachine()));
  for (const name of names) {
    const bench = benches[name];
    if (bench === undefined) continue;
    try {
      const results = await bench.run({ size, tell: (progress) => console.error(`${name}, ${progress}`) });
      all.push(...results);
      if (!json) console.log(`\n${tablesOf(name, bench.about, results)}\n`);
    } catch (error) {
      console.error(`${name} failed:`, error);
      code = 1;
    }
  }
  if (json) console.log(JSON.stringify(jsonReport(all), undefined, 2));
  return code;
}
