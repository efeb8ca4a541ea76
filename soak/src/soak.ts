// npm run soak: see ../README.md.

import { seedsFrom } from "./random.ts";
import type { RoundReport } from "./run-round.ts";
import { runRound } from "./run-round.ts";
import { parseSoakOptions, type SoakOptions, UsageError, usage } from "./soak-options.ts";
import { formatTally, tallyOf } from "./tally.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  try {
    const options = parseSoakOptions(args);
    if (options !== undefined) return await soak(options);
    console.log(usage);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    return 2;
  }
}

async function soak({ minutes, seed, messages, log, json }: SoakOptions): Promise<number> {
  const stop = stopOnInterrupt();
  const endAtMs = performance.now() + minutes * 60_000;
  const reports: RoundReport[] = [];
  for (const each of seedsFrom(seed)) {
    const startedAt = performance.now();
    const tell = (line: string) =>
      console.error(`seed ${each}, ${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(5)} s: ${line}`);
    const report = await runRound({ seed: each, messages, log, tell }, stop);
    reports.push(report);
    if (stop.aborted || performance.now() >= endAtMs) break;
  }
  const tally = tallyOf(reports);
  const repeat = (failed: number) => `npm run soak -- --seed ${failed} --messages ${messages} --log ${log}`;
  console.log(json ? JSON.stringify(tally, undefined, 2) : formatTally(tally, repeat));
  return tally.failedSeeds.length === 0 ? 0 : 1;
}

/** The first Ctrl-C ends the run with its tally, a second one at once: the guards of the servers see to those. */
function stopOnInterrupt(): AbortSignal {
  const stop = new AbortController();
  process.on("SIGINT", () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
    console.error("ending early; once more: at once");
  });
  return stop.signal;
}
