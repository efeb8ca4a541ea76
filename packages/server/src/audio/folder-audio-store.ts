import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { validate as isUuid } from "uuid";
import type { AudioInfo, AudioStore, AudioWriter, StoredAudio } from "./audio-store.ts";

/**
 * Keeps recordings as files: `<id>.audio` and beside it `<id>.json`. Bytes go to a temporary file as they come; only a whole
 * recording gets its name. Old recordings are not removed.
 */
export class FolderAudioStore implements AudioStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async create(info: AudioInfo): Promise<AudioWriter> {
    await mkdir(this.#folder, { recursive: true });
    const audio = this.#path(info.audioId, "audio");
    const facts = this.#path(info.audioId, "json");
    const temporary = this.#path(info.audioId, "part");
    const file = await open(temporary, "wx");
    return {
      async write(chunk) {
        // write() may take fewer bytes than it was given, writeFile() on a handle goes on until all are taken.
        await file.writeFile(chunk);
      },
      async commit() {
        await file.sync();
        await file.close();
        await writeFile(facts, JSON.stringify(info));
        await rename(temporary, audio);
      },
      async abort() {
        await file.close();
        await Promise.all([temporary, facts].map((path) => rm(path, { force: true })));
      },
    };
  }

  async open(audioId: string): Promise<StoredAudio | undefined> {
    // Only what the server itself made up may become part of a path.
    if (!isUuid(audioId)) return undefined;
    const audio = this.#path(audioId, "audio");
    try {
      const { size } = await stat(audio);
      const info = JSON.parse(await readFile(this.#path(audioId, "json"), "utf8")) as AudioInfo;
      return { info, size, read: () => createReadStream(audio) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  #path(audioId: string, extension: string): string {
    return join(this.#folder, `${audioId.toLowerCase()}.${extension}`);
  }
}
