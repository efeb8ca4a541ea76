import { type ClientStore, requireChanges, type StoreChange, type StoreEntry, StoreError } from "@im-sdk/contracts";
import { GroupWriter } from "./group-writer.ts";
import { type LevelStoreOptions, resolveLevelStoreOptions } from "./level-store-options.ts";
import { type OpenLevel, openLevel } from "./open-level.ts";
import { sealValue } from "./sealed-value.ts";

/**
 * A store in a folder on disk, by LevelDB: what a client had not settled, and how far it had read, is there for the next process.
 * The folder is opened by `load`. Once closed, a store may be loaded again.
 */
export class LevelStore implements ClientStore {
  readonly #options: Required<LevelStoreOptions>;
  #opening: Promise<OpenLevel> | undefined;
  #writer: GroupWriter<StoreChange> | undefined;
  #closing: Promise<void> | undefined;

  /** Opens nothing yet; throws a TypeError that names the option when one cannot be. */
  constructor(options: LevelStoreOptions) {
    this.#options = resolveLevelStoreOptions(options);
  }

  async load(): Promise<readonly StoreEntry[]> {
    const { path, fsync } = this.#options;
    if (this.#opening !== undefined) {
      throw new StoreError(
        "locked",
        `the store at "${path}" is loaded already: give each client a store and a path of its own`,
      );
    }
    const opening = openLevel(path);
    this.#opening = opening;
    try {
      const level = await opening;
      this.#writer = new GroupWriter((changes) => level.write(changes, fsync));
      return level.entries;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  async write(changes: readonly StoreChange[]): Promise<void> {
    if (this.#writer === undefined || this.#closing !== undefined) {
      throw new StoreError("closed", `the store at "${this.#options.path}" is not open: call load() before write()`);
    }
    // The caller may use its buffers again as soon as this method has returned.
    const taken = requireChanges(changes).map(({ key, value }) => ({ key, value: value && sealValue(key, value) }));
    await this.#writer.write(taken);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close().finally(() => {
      this.#closing = undefined;
    });
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const level = await this.#opening?.catch(() => undefined);
    await this.#writer?.drain();
    await level?.close();
    this.#writer = undefined;
    this.#opening = undefined;
  }
}
