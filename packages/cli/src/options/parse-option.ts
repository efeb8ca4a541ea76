import { parseAddress } from "@im-sdk/contracts";
import { InvalidArgumentError } from "commander";

/** Collects `host:port`, given once or more often, or with commas in between. */
export function addresses(text: string, earlier: readonly string[] = []): readonly string[] {
  const words = text.split(",").filter((word) => word !== "");
  try {
    for (const word of words) parseAddress(word);
  } catch {
    throw new InvalidArgumentError("Want host:port or [ipv6]:port, with commas between several.");
  }
  return [...earlier, ...words];
}

/** A span of time in whole milliseconds from `10`, `10s`, `500ms`, `5m`, `2h` or `1d`; a number alone means seconds. */
export function duration(text: string): number {
  const [, number, unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? [];
  const ms = Math.round(Number(number) * (msOf[unit] ?? Number.NaN));
  if (ms > 0) return ms;
  throw new InvalidArgumentError("Want a time such as 10s, 500ms, 5m, 2h or 1d.");
}

/** A point in time in milliseconds since 1970: a span before now, or a date as in ISO 8601. */
export function pointInTime(text: string): number {
  const date = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(date)) return date;
  try {
    return Date.now() - duration(text);
  } catch {
    throw new InvalidArgumentError("Want a time ago such as 10m, 2h or 1d, or a date such as 2030-01-31T12:00:00Z.");
  }
}

/** An integer from `min` up. */
export function wholeNumber(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= Number.MAX_SAFE_INTEGER) return value;
    throw new InvalidArgumentError(`Want a whole number of at least ${min}.`);
  };
}

const msOf: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
