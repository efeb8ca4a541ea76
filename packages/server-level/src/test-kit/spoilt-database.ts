import type { Change, Database } from "../level-database.ts";

/** A database whose writes can be held and made to fail, with a note of each. */
export class SpoiltDatabase implements Database {
  readonly #database: Database;
  /** How many changes each batch had, and whether it was to wait for the disk. */
  readonly batches: { readonly changes: number; readonly sync: boolean }[] = [];
  reopened = 0;
  /** The next writes fail: `before` nothing, or `after` everything has been stored. */
  readonly failures: ("before" | "after")[] = [];
  /** The next times it is opened anew fail. */
  failingReopens = 0;
  /** Writes wait for it. */
  held: Promise<void> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  get(key: Buffer): Promise<Buffer | undefined> {
    return this.#database.get(key);
  }

  entries(range: Parameters<Database["entries"]>[0]): AsyncIterable<readonly [Buffer, Buffer]> {
    return this.#database.entries(range);
  }

  values(range: Parameters<Database["values"]>[0]): Promise<Buffer[]> {
    return this.#database.values(range);
  }

  async batch(changes: readonly Change[], options: { readonly sync: boolean }): Promise<void> {
    this.batches.push({ changes: changes.length, sync: options.sync });
    await this.held;
    const failure = this.failures.shift();
    if (failure !== "before") await this.#database.batch(changes, options);
    if (failure !== undefined) throw new Error("no space left on device");
  }

  async reopen(): Promise<void> {
    if (this.failingReopens-- > 0) throw new Error("still no space left");
    this.reopened += 1;
    await this.#database.reopen();
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
