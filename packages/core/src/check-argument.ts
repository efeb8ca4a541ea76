import { ImError } from "./im-error.ts";

/** Throws `invalid_argument` unless the value is a non-empty string; returns it. */
export function requireId(name: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalidArgument(name, value, "a non-empty string");
}

/** Throws `invalid_argument` unless the value is a positive number of milliseconds; returns it. */
export function requireTimeoutMs(name: string, value: number): number {
  if (typeof value === "number" && value > 0) return value;
  throw invalidArgument(name, value, "a positive number of milliseconds");
}

/** An error that names the argument, what it must be, and what it was. */
export function invalidArgument(name: string, value: unknown, want: string): ImError {
  const got = typeof value === "string" ? `"${value}"` : String(value);
  return new ImError("invalid_argument", `${name} must be ${want}, got ${got}`);
}
