import type { AudioStore } from "../audio/audio-store.ts";
import type { ServerStorage } from "../storage/server-storage.ts";
import { describe } from "./check-option.ts";

/** Where messages and recordings are kept. */
export interface StorageOptions {
  /**
   * Where rooms, and what else it has a place for, are kept. A server closes it with itself; with `createImServiceRoutes`
   * closing it stays with you. Default: in memory.
   */
  readonly storage?: ServerStorage;
  /** Where recordings are kept. Default: in the `storage`, or in memory, 256 MiB in all, the oldest leave first. */
  readonly audioStore?: AudioStore;
  /** A folder to keep recordings in, instead of `audioStore`; it is made when it does not exist. */
  readonly audioFolder?: string;
}

/** {@link StorageOptions}, checked: of a store and a folder for recordings there is one at the most. */
export interface ResolvedStorage {
  readonly storage: ServerStorage | undefined;
  readonly audioStore: AudioStore | undefined;
  readonly audioFolder: string | undefined;
}

/** Names of all {@link StorageOptions}. */
export const storageOptionNames: readonly (keyof StorageOptions)[] = ["storage", "audioStore", "audioFolder"];

/** Throws a TypeError that names option and value, and both of two that exclude each other. */
export function resolveStorage({ storage, audioStore, audioFolder }: StorageOptions): ResolvedStorage {
  if (audioFolder !== undefined && (typeof audioFolder !== "string" || audioFolder === "")) {
    throw new TypeError(`audioFolder is ${describe(audioFolder)}: want the path of a folder`);
  }
  if (audioStore !== undefined && audioFolder !== undefined) refuseBoth("audioFolder", audioFolder, "audioStore");
  if (storage === undefined) return { storage, audioStore, audioFolder };

  checkStorage(storage);
  if (storage.audioStore !== undefined) {
    if (audioStore !== undefined) refuseBoth("audioStore", audioStore, "storage.audioStore");
    if (audioFolder !== undefined) refuseBoth("audioFolder", audioFolder, "storage.audioStore");
  }
  return { storage, audioStore: audioStore ?? storage.audioStore, audioFolder };
}

function checkStorage(storage: ServerStorage): void {
  const { openLog, close } = Object(storage) as Partial<ServerStorage>;
  if (typeof openLog === "function" && typeof close === "function") return;
  const hint = storage instanceof Promise ? "await the function that opens it" : "an object with openLog and close";
  throw new TypeError(`storage is ${describe(storage)}: want a ServerStorage, ${hint}`);
}

function refuseBoth(name: string, value: unknown, other: string): never {
  throw new TypeError(`${name} is ${describe(value)}, but there is ${other} too: want one of them`);
}
