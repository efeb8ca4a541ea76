import { ImError } from "./im-error.ts";

/** Throws `invalid_argument` unless the value is a non-empty string that UTF-8 can hold; returns it. */
export function requireId(name: string, value: unknown): string {
  if (typeof value === "string" && value !== "" && value.isWellFormed()) return value;
  throw invalidArgument(name, value, "a non-empty string of whole characters");
}

/** Throws `invalid_argument` unless the value is a positive number of milliseconds; returns it. */
export function requireTimeoutMs(name: string, value: number): number {
  if (typeof value === "number" && value > 0) return value;
  throw invalidArgument(name, value, "a positive number of milliseconds");
}

/** Throws `invalid_argument` unless every value is a string. */
export function requireMetadata(value: Readonly<Record<string, string>>): void {
  const isRecord =
    typeof value === "object" && value !== null && Object.values(value).every((item) => typeof item === "string");
  if (!isRecord) throw invalidArgument("metadata", value, "an object of strings");
}

/** An error that names the argument, what it must be, and what it was. */
export function invalidArgument(name: string, value: unknown, want: string): ImError {
  const got = typeof value === "string" ? `"${value}"` : textOf(value);
  return new ImError("invalid_argument", `${name} must be ${want}, got ${got}`);
}

/** Not every object has a text: one without a prototype throws when asked for it, and that of a function is its source. */
function textOf(value: unknown): string {
  if (typeof value === "function") return `the function ${value.name}`.trimEnd();
  try {
    return String(value);
  } catch {
    return "an object";
  }
}
