import type { StoreChange } from "./client-store.ts";

/**
 * The changes, if a store can make them; throws a TypeError that names the key and what is allowed. For those who write a store:
 * called first, it keeps a batch with a mistake from being written in part.
 */
export function requireChanges(changes: readonly StoreChange[]): readonly StoreChange[] {
  for (const { key, value } of changes) {
    if (typeof key !== "string" || !key.isWellFormed()) {
      throw new TypeError(`key of a change must be text without lone surrogates, got ${show(key)}`);
    }
    if (value !== undefined && !(value instanceof Uint8Array)) {
      throw new TypeError(`value of "${key}" must be a Uint8Array, or undefined to delete it, got ${show(value)}`);
    }
  }
  return changes;
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
