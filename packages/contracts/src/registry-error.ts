/**
 * Why a registry did not do what it was asked.
 *
 * - `unavailable`: it cannot be reached, or did not answer in time; a later try may work
 * - `unauthenticated`, `permission_denied`: it does not take the token or password, or does not allow this to its owner
 * - `invalid_argument`: it does not understand the request; the same request will never work
 * - `data_loss`: it holds something that is no instance
 */
export type RegistryErrorCode =
  | "unavailable"
  | "unauthenticated"
  | "permission_denied"
  | "invalid_argument"
  | "data_loss";

export interface RegistryErrorOptions {
  /** Options of the client that may be wrong, such as `address`. */
  readonly suspects?: readonly string[];
  readonly cause?: unknown;
}

/**
 * What a registry's client throws and reports. The message is the problem, and which options to check: a program that has flags or
 * variables in place of those tells the `problem`, and names its own for the `suspects`.
 */
export class RegistryError extends Error {
  override readonly name = "RegistryError";
  readonly code: RegistryErrorCode;
  /** Which registry, and where, such as `Consul at localhost:8500`. */
  readonly registry: string;
  /** Which registry, and what it did or did not do. */
  readonly problem: string;
  /** Options of the client that may be wrong; empty where none is known to be. */
  readonly suspects: readonly string[];

  constructor(code: RegistryErrorCode, registry: string, what: string, options: RegistryErrorOptions = {}) {
    const { cause, suspects = [] } = options;
    const problem = `${registry}: ${what}`;
    super(`${problem}${advice(code, suspects)}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.registry = registry;
    this.problem = problem;
    this.suspects = suspects;
  }

  /** Trying again as before changes nothing. */
  get isFinal(): boolean {
    return this.code !== "unavailable" && this.code !== "data_loss";
  }
}

function advice(code: RegistryErrorCode, suspects: readonly string[]): string {
  if (suspects.length === 0) return "";
  const names = suspects.map((name) => `\`${name}\``).join(" and ");
  const options = `the option${suspects.length === 1 ? "" : "s"} ${names}`;
  return `; check ${code === "unavailable" ? `that it runs, and ${options}` : options}`;
}
