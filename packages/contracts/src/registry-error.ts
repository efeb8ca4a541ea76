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

/** What a registry's client throws and reports. The message names registry and address, and what to do. */
export class RegistryError extends Error {
  override readonly name = "RegistryError";
  readonly code: RegistryErrorCode;
  /** Which registry, and where, such as `Consul at localhost:8500`. */
  readonly registry: string;

  constructor(code: RegistryErrorCode, registry: string, message: string, options: { cause?: unknown } = {}) {
    super(`${registry}: ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.registry = registry;
  }

  /** Trying again as before changes nothing. */
  get isFinal(): boolean {
    return this.code !== "unavailable" && this.code !== "data_loss";
  }
}
