import { type Clock, systemClock } from "@im-sdk/contracts";
import { integerOption, numberOption } from "./check-option.ts";

/** Options of `withOutlierEjection`. The names and defaults of times and percentage are gRFC A50's. */
export interface OutlierEjectionOptions {
  /** Failed connects in a row after which an instance is ejected. Default 5. */
  readonly consecutiveFailures?: number;
  /** How long the first ejection lasts; each further one lasts this much longer. Default 30,000 ms. */
  readonly baseEjectionTimeMs?: number;
  /** No ejection lasts longer, unless the base itself does. Default 300,000 ms. */
  readonly maxEjectionTimeMs?: number;
  /** The most of all instances that may be ejected at a time, rounded down, but one may always be. Default 10. */
  readonly maxEjectionPercent?: number;
  /** Time, for tests. */
  readonly clock?: Clock;
}

/** Fills in the defaults; throws a RangeError or TypeError that names option, value and what is allowed. */
export function resolveOutlierEjectionOptions(options: OutlierEjectionOptions): Required<OutlierEjectionOptions> {
  const whole = { min: 1, max: Number.MAX_SAFE_INTEGER };
  return {
    consecutiveFailures: integerOption("consecutiveFailures", options.consecutiveFailures ?? 5, whole),
    baseEjectionTimeMs: numberOption("baseEjectionTimeMs", options.baseEjectionTimeMs ?? 30_000, whole),
    maxEjectionTimeMs: numberOption("maxEjectionTimeMs", options.maxEjectionTimeMs ?? 300_000, whole),
    maxEjectionPercent: numberOption("maxEjectionPercent", options.maxEjectionPercent ?? 10, { min: 0, max: 100 }),
    clock: clockOption(options.clock ?? systemClock),
  };
}

function clockOption(clock: Clock): Clock {
  if (typeof clock?.now === "function") return clock;
  throw new TypeError(`clock is ${String(clock)}: want an object with now()`);
}
