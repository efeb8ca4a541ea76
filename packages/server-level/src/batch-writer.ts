import type { Change, Database } from "./level-database.ts";

interface Batch {
  readonly changes: Change[];
  readonly written: PromiseWithResolvers<void>;
}

/** What a {@link BatchWriter} writes to. */
export type WritableDatabase = Pick<Database, "batch" | "reopen">;

/**
 * Writes one batch at a time; all changes that come meanwhile, of whichever room, are the next one. After a write that failed
 * the database is opened anew before anything else is written: only by that LevelDB finds out what it has stored, and what
 * were written behind half a record could be lost with it.
 */
export class BatchWriter {
  readonly #database: WritableDatabase;
  readonly #sync: boolean;
  #next: Batch | undefined;
  #running: Promise<void> | undefined;
  #doubtful = false;

  constructor(database: WritableDatabase, { fsync }: { readonly fsync: boolean }) {
    this.#database = database;
    this.#sync = fsync;
  }

  /** Resolves when all of the changes are stored; rejects when none is, or when that is not known. */
  write(changes: readonly Change[]): Promise<void> {
    this.#next ??= { changes: [], written: Promise.withResolvers() };
    for (const change of changes) this.#next.changes.push(change);
    const { promise } = this.#next.written;
    this.#running ??= this.#run();
    return promise;
  }

  /** Resolves when the database can be read and tells the truth: after a write that failed it is opened anew first. */
  async ready(): Promise<void> {
    if (this.#doubtful) await this.write([]);
  }

  /** Nothing is being written any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // So that rooms that write in the same turn share the first batch too.
    await Promise.resolve();
    for (let batch = this.#next; batch !== undefined; batch = this.#next) {
      this.#next = undefined;
      try {
        await this.#write(batch.changes);
        batch.written.resolve();
      } catch (error) {
        batch.written.reject(error);
      }
    }
    this.#running = undefined;
  }

  async #write(changes: readonly Change[]): Promise<void> {
    if (this.#doubtful) await this.#database.reopen();
    this.#doubtful = false;
    if (changes.length === 0) return;
    try {
      await this.#database.batch(changes, { sync: this.#sync });
    } catch (error) {
      this.#doubtful = true;
      throw error;
    }
  }
}
