import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import type { LogKind } from "./server-process.ts";

export interface SoakOptions {
  /** Rounds are added until so much time is over; 0: one round. */
  readonly minutes: number;
  readonly seed: number;
  readonly messages: number;
  readonly log: LogKind;
  readonly json: boolean;
}

/** A command line that cannot be meant. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const usage = `npm run soak -- [options]

  --minutes N     rounds with new seeds until N minutes are over; without it, one round
  --seed S        of the first round, 0 to 2147483647; without it, any
  --messages N    acknowledged in a round at the least, 1 to 1000000; default 40000. More are sent, in short rounds twice
                  as many: all clients go on until the last of the round's faults, one for 800 messages, is over
  --log KIND      disk: rooms outlive their servers (default); memory: members are told of gaps
  --json          the tally as JSON, for programs
  --help

Exit code 0: all is accounted for; 1: something is not; 2: wrong usage.
A seed repeats what is sent and which faults come in which order, not the timing.`;

/** Undefined when help is asked for. Throws a {@link UsageError}. */
export function parseSoakOptions(args: string[]): SoakOptions | undefined {
  const { values } = parse(args);
  if (values.help) return undefined;
  if (values.log !== "memory" && values.log !== "disk") {
    throw new UsageError(`--log is "${values.log}": want disk or memory`);
  }
  return {
    minutes: values.minutes === undefined ? 0 : number("minutes", values.minutes, 0.01, 100_000),
    seed: values.seed === undefined ? randomInt(0x7fffffff) : whole("seed", values.seed, 0, 0x7fffffff),
    messages: whole("messages", values.messages, 1, 1_000_000),
    log: values.log,
    json: values.json,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        minutes: { type: "string" },
        seed: { type: "string" },
        messages: { type: "string", default: "40000" },
        log: { type: "string", default: "disk" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function number(name: string, text: string, min: number, max: number): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value >= min && value <= max) return value;
  throw new UsageError(`--${name} is "${text}": want a number from ${min} to ${max}`);
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = number(name, text, min, max);
  if (Number.isInteger(value)) return value;
  throw new UsageError(`--${name} is "${text}": want a whole number`);
}
