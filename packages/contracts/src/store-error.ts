/**
 * Why a store did not do what it was asked.
 *
 * - `locked`: another client or another process has it open
 * - `corrupt`: what it holds is damaged; it is left as it is
 * - `closed`: it was used before `load` or after `close`
 * - `failed`: it could not be read or written, such as when the disk is full; `cause` says more
 */
export type StoreErrorCode = "locked" | "corrupt" | "closed" | "failed";

/** What a `ClientStore` rejects with. The message says which store, and what to do. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}
