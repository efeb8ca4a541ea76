import { ClassicLevel } from "classic-level";

/** One change: a value to put, or without a value a key to delete. */
export interface Change {
  readonly key: Buffer;
  readonly value?: Buffer;
}

/** Which entries to read, in the order of their keys. */
export interface KeyRange {
  readonly gte: Buffer;
  readonly lt: Buffer;
  readonly limit?: number;
}

/** What we need of LevelDB. */
export interface Database {
  get(key: Buffer): Promise<Buffer | undefined>;
  entries(range: KeyRange): AsyncIterable<readonly [Buffer, Buffer]>;
  values(range: KeyRange): Promise<Buffer[]>;
  /** All or nothing; `sync` waits for the disk. */
  batch(changes: readonly Change[], options: { readonly sync: boolean }): Promise<void>;
  /** Opens it once more, by which LevelDB finds out what is stored; also after it could not be opened. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

const formatKey = Buffer.from("format");
const format = "1";

/** Opens the LevelDB in a folder, which is made when it does not exist. Rejects with an error that names the folder. */
export async function openLevelDatabase(path: string): Promise<Database> {
  const database = new LevelDatabase(path);
  await database.open();
  return database;
}

class LevelDatabase implements Database {
  readonly #path: string;
  readonly #level: ClassicLevel<Buffer, Buffer>;

  constructor(path: string) {
    this.#path = path;
    this.#level = new ClassicLevel(path, { keyEncoding: "buffer", valueEncoding: "buffer" });
  }

  async open(): Promise<void> {
    try {
      await this.#level.open();
    } catch (error) {
      throw this.#explain(error);
    }
    const found = await this.#level.get(formatKey);
    if (found === undefined) await this.#level.put(formatKey, Buffer.from(format));
    if (found === undefined || found.toString() === format) return;
    await this.#level.close();
    throw new Error(`"${this.#path}" has format ${found}: this version reads and writes format ${format}`);
  }

  get(key: Buffer): Promise<Buffer | undefined> {
    return this.#level.get(key);
  }

  entries(range: KeyRange): AsyncIterable<readonly [Buffer, Buffer]> {
    return this.#level.iterator(range);
  }

  values(range: KeyRange): Promise<Buffer[]> {
    return this.#level.values(range).all();
  }

  batch(changes: readonly Change[], options: { readonly sync: boolean }): Promise<void> {
    const operations = changes.map(({ key, value }) =>
      value === undefined ? ({ type: "del", key } as const) : ({ type: "put", key, value } as const),
    );
    return this.#level.batch(operations, options);
  }

  async reopen(): Promise<void> {
    await this.#level.close();
    await this.open();
  }

  close(): Promise<void> {
    return this.#level.close();
  }

  #explain(error: unknown): Error {
    // The error of abstract-level says only that it is not open; its cause says why.
    const cause = (error as Error).cause ?? error;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "LEVEL_LOCKED") {
      const advice = "close the other one, or take another path: a storage is for one server at a time";
      return new Error(`"${this.#path}" is open already, in this or another process: ${advice}`, { cause });
    }
    return new Error(`"${this.#path}" cannot be opened as a LevelDB folder: ${message}`, { cause });
  }
}
