import { type ClientStore, requireChanges, type StoreChange, type StoreEntry, StoreError } from "@im-sdk/contracts";

/**
 * A store in the memory of the process: keeps what one client left for the next one, for tests and for handing over. It does
 * not outlive the process. After `close` it may be loaded again; while it is open, `load` rejects with `locked`.
 */
export class MemoryStore implements ClientStore {
  readonly #kept = new Map<string, Uint8Array>();
  #isOpen = false;

  async load(): Promise<readonly StoreEntry[]> {
    if (this.#isOpen) {
      throw new StoreError("locked", "this MemoryStore is open: close the client that has it, or give each its own");
    }
    this.#isOpen = true;
    return [...this.#kept].map(([key, value]) => ({ key, value: new Uint8Array(value) }));
  }

  async write(changes: readonly StoreChange[]): Promise<void> {
    if (!this.#isOpen) throw new StoreError("closed", "this MemoryStore is not open: call load() before write()");
    for (const { key, value } of requireChanges(changes)) {
      if (value === undefined) this.#kept.delete(key);
      else this.#kept.set(key, new Uint8Array(value));
    }
  }

  async close(): Promise<void> {
    this.#isOpen = false;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
