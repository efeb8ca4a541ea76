import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { ClientStore, StoreEntry } from "@im-sdk/contracts";

/** A place of one test of its own, and the stores that were opened on it. */
export class StorePlace {
  readonly #name = randomUUID();
  readonly #open: (place: string) => ClientStore | Promise<ClientStore>;
  readonly #opened: ClientStore[] = [];

  constructor(open: (place: string) => ClientStore | Promise<ClientStore>) {
    this.#open = open;
  }

  /** Another store on this place, not loaded. */
  async prepare(): Promise<ClientStore> {
    const store = await this.#open(this.#name);
    this.#opened.push(store);
    return store;
  }

  /** Another store on this place, and what it found there. */
  async load(): Promise<{ store: ClientStore; entries: readonly StoreEntry[] }> {
    const store = await this.prepare();
    return { store, entries: await store.load() };
  }

  /** What the next store on this place finds, once all others are closed. */
  async kept(): Promise<Record<string, string>> {
    await this.close();
    const { store, entries } = await this.load();
    await store.close();
    return contentOf(entries);
  }

  async close(): Promise<void> {
    for (const store of this.#opened) await store.close();
  }
}

/** Keys and values as text; fails when a key comes twice. */
export function contentOf(entries: readonly StoreEntry[]): Record<string, string> {
  const content = Object.fromEntries(entries.map(({ key, value }) => [key, Buffer.from(value).toString()]));
  assert.equal(Object.keys(content).length, entries.length, "a key comes twice");
  return content;
}
