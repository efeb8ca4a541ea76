import { ClassicLevel } from "classic-level";
import { type HeldFolder, holdFolder } from "./hold-folder.ts";

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
  /** Closes it for good, and gives its folder back. */
  close(): Promise<void>;
}

const formatKey = Buffer.from("format");
const format = "1";

/** Opens the LevelDB in a folder, which is made when it does not exist. Rejects with an error that names the folder. */
export async function openLevelDatabase(path: string): Promise<Database> {
  const folder = await holdFolder(path).catch((error: unknown) => {
    throw explain(path, error);
  });
  if (folder === undefined) throw lockedBy(path);
  const database = new LevelDatabase(path, folder);
  try {
    await database.open();
  } catch (error) {
    folder.release();
    throw error;
  }
  return database;
}

class LevelDatabase implements Database {
  readonly #path: string;
  readonly #folder: HeldFolder;
  readonly #level: ClassicLevel<Buffer, Buffer>;

  constructor(path: string, folder: HeldFolder) {
    this.#path = path;
    this.#folder = folder;
    this.#level = new ClassicLevel(folder.realPath, { keyEncoding: "buffer", valueEncoding: "buffer" });
  }

  /** When it rejects LevelDB is closed. */
  async open(): Promise<void> {
    let found: Buffer | undefined;
    try {
      await this.#level.open();
      found = await this.#level.get(formatKey);
      if (found === undefined) await this.#level.put(formatKey, Buffer.from(format));
    } catch (error) {
      await this.#level.close();
      throw explain(this.#path, error);
    }
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

  async close(): Promise<void> {
    await this.#level.close();
    this.#folder.release();
  }
}

function explain(path: string, error: unknown): Error {
  // The error of abstract-level says only that it is not open; its cause says why.
  const cause = (error as Error).cause ?? error;
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "LEVEL_LOCKED") return lockedBy(path, cause);
  return new Error(`"${path}" cannot be opened as a LevelDB folder: ${message}`, { cause });
}

function lockedBy(path: string, cause?: unknown): Error {
  const advice = "close the other one, or take another path: a storage is for one server at a time";
  return new Error(`"${path}" is open already, in this or another process: ${advice}`, { cause });
}
