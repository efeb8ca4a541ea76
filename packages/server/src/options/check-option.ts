/** Bounds of a number. */
export interface NumberRange {
  readonly min: number;
  readonly max?: number;
  /** Fractions are allowed. Default false. */
  readonly fraction?: boolean;
}

/** The number given for the option `name`, or `fallback`; throws a RangeError that names option, value and what is allowed. */
export function numberOption(name: string, value: number | undefined, fallback: number, range: NumberRange): number {
  if (value === undefined) return fallback;
  const max = range.max ?? Number.MAX_SAFE_INTEGER;
  const whole = range.fraction === true ? Number.isFinite(value) : Number.isSafeInteger(value);
  if (typeof value !== "number" || !whole || value < range.min || value > max) {
    const kind = range.fraction === true ? "number" : "whole number";
    const bounds = range.max === undefined ? `of at least ${range.min}` : `from ${range.min} to ${range.max}`;
    throw new RangeError(`${name} is ${String(value)}: want a ${kind} ${bounds}`);
  }
  return value;
}

/** The function given for the option `name`, or nothing; throws a TypeError that names option and value. */
export function functionOption<T>(name: string, value: T | undefined): T | undefined {
  if (value !== undefined && typeof value !== "function") {
    throw new TypeError(`${name} is ${describe(value)}: want a function`);
  }
  return value;
}

/** Throws a TypeError when an object has a key that no option has: a misspelt limit must not pass for the default. */
export function knownKeys(name: string, value: object, allowed: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (!allowed.includes(key)) {
      const path = name === "" ? key : `${name}.${key}`;
      const given = describe((value as Record<string, unknown>)[key]);
      throw new TypeError(`${path} is ${given}, but there is no such option: want one of ${allowed.join(", ")}`);
    }
  }
}

/** A value in a few words, for error messages. */
export function describe(value: unknown): string {
  if (typeof value === "string") return `"${value}"`;
  if (value === null || typeof value !== "object") return String(value);
  return Array.isArray(value) ? "an array" : "an object";
}
