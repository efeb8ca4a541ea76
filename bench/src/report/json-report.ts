import type { Result } from "../measures/result.ts";
import { type Machine, thisMachine } from "./machine.ts";
import { ratiosOf } from "./ratios.ts";

/** A run for programs. */
export interface JsonReport {
  readonly machine: Machine;
  readonly results: readonly Result[];
  /** Ours divided by the peer's, by keys such as `stream.throughput/grpc-js`. */
  readonly ratios: Readonly<Record<string, number>>;
}

export function jsonReport(results: readonly Result[]): JsonReport {
  const ratios = Object.fromEntries(ratiosOf(results).map(({ key, value }) => [key, value]));
  return { machine: thisMachine(), results, ratios };
}
