import { createSecureContext } from "node:tls";
import type { Interceptor } from "@connectrpc/connect";
import { invalidArgument } from "./check-argument.ts";
import type { TlsOptions } from "./connection/endpoint.ts";
import { ImError } from "./im-error.ts";
import { isHeaderText } from "./interceptors/id-header.ts";
import type { TokenProvider } from "./interceptors/token-cache.ts";

// Each gives the value back, or throws ImError `invalid_argument` that names the option, its value and what is allowed.

/** A shape that TypeScript would have refused, caught before it fails far from the mistake. */
export function shaped<T>(name: string, value: T | undefined, ...methods: string[]): T | undefined {
  if (value === undefined) return undefined;
  const holder = value as Record<string, unknown> | null;
  const isShaped =
    typeof holder === "object" && holder !== null && methods.every((m) => typeof holder[m] === "function");
  if (!isShaped) throw invalidArgument(name, value, `an object with ${methods.map((m) => `${m}()`).join(", ")}`);
  return value;
}

/** A token, or something to ask for one. */
export function credentials(value: string | TokenProvider | undefined): string | TokenProvider | undefined {
  if (
    value === undefined ||
    typeof value === "function" ||
    (typeof value === "string" && value !== "" && isHeaderText(value))
  ) {
    return value;
  }
  // The value is left out: it may be a secret.
  throw new ImError("invalid_argument", "credentials must be a token of printable ASCII, or a function that gives one");
}

/** A list of functions. */
export function interceptors(value: Interceptor[]): Interceptor[] {
  if (Array.isArray(value) && value.every((item) => typeof item === "function")) return value;
  throw invalidArgument("interceptors", value, "a list of functions");
}

/** A certificate or key that cannot be read would otherwise fail only when connecting, far from the mistake. */
export function resolveTls(tls: TlsOptions = false): TlsOptions {
  if (typeof tls === "boolean") return tls;
  if (typeof tls !== "object" || tls === null)
    throw invalidArgument("tls", tls, "a boolean or an object of certificates");
  try {
    createSecureContext(tls);
  } catch (error) {
    throw new ImError("invalid_argument", `tls cannot be used: ${(error as Error).message}`, { cause: error });
  }
  // Node passes over what is no certificate, and for an empty text trusts its own authorities.
  for (const part of [tls.ca ?? []].flat()) {
    const isPem = (typeof part === "string" ? part : Buffer.from(part)).includes("-----BEGIN ");
    if (!isPem) throw new ImError("invalid_argument", "tls.ca cannot be used: want certificates in PEM");
  }
  return tls;
}

/** A whole number of tries, of which there may be no end. */
export function retries(value: number): number {
  if (value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && value >= 0)) return value;
  throw invalidArgument("maxRetries", value, "an integer from 0 up, or Infinity");
}

/** Either of two, and nothing that is merely like it. */
export function flag(name: string, value: boolean): boolean {
  if (typeof value === "boolean") return value;
  throw invalidArgument(name, value, "true or false");
}

/** A function, where there is one. */
export function listener<T>(name: string, value: T | undefined): T | undefined {
  if (value === undefined || typeof value === "function") return value;
  throw invalidArgument(name, value, "a function");
}

/** One of a few words. */
export function oneOf<T extends string>(name: string, value: T, ...allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  const words = allowed.map((word) => `"${word}"`);
  throw invalidArgument(name, value, `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`);
}

/** A word that is not an option would otherwise be one that silently does nothing. `prefix` is that of the names told, such as `outbox.`. */
export function refuseUnknown(prefix: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new ImError("invalid_argument", `${prefix}${unknown} is not an option: there are ${known.join(", ")}`);
}
