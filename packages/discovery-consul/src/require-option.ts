/** Throws a RangeError that names the option, what it must be and what it was, unless the text is there and not empty. */
export function requireText(name: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalidOption(name, value, "a non-empty string");
}

/** Throws a RangeError that names the option, its value and the bounds, unless it is a whole number of ms within them. */
export function requireMs(name: string, value: unknown, min: number, max: number): number {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  throw invalidOption(name, value, `a whole number of milliseconds from ${min} to ${max}`);
}

/** Throws a RangeError that names the option and its value, unless it is a boolean. */
export function requireBoolean(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw invalidOption(name, value, "true or false");
}

/** The error of an option that cannot be used. */
export function invalidOption(name: string, value: unknown, want: string): RangeError {
  const got = typeof value === "string" ? `"${value}"` : typeof value === "object" ? "an object" : String(value);
  return new RangeError(`${name} must be ${want}, got ${value === null ? "null" : got}`);
}
