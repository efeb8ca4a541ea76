import { parseArgs } from "node:util";
import type { Size } from "./benches/bench.ts";

export interface BenchCommand {
  /** In the order in which they run. */
  readonly names: readonly string[];
  readonly json: boolean;
  readonly size: Size;
}

/** A command line that cannot be meant. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Undefined when help is asked for. Throws a {@link UsageError} that names what it does not know. */
export function parseBenchOptions(args: string[], known: readonly string[]): BenchCommand | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new UsageError(`there is no benchmark "${unknown.join('", "')}": want some of ${known.join(", ")}`);
  }
  return {
    names: positionals.length === 0 ? known : known.filter((name) => positionals.includes(name)),
    json: values.json,
    size: values.quick ? "quick" : "full",
  };
}

/** What the command takes. */
export function usage(known: readonly string[]): string {
  return `npm run bench -- [NAME …] [options]

  NAME      ${known.join(", ")}; without one, all
  --json    one JSON object on standard output: { machine, results, ratios }
  --quick   one round of next to nothing: shows that everything runs, and measures nothing
  --help

Exit code 0: all was measured, whether or not it is as wanted; 1: something failed; 2: wrong usage.`;
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        quick: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
