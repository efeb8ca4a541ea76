import { Code, ConnectError } from "@connectrpc/connect";
import type { AudioInfo, AudioStore, AudioWriter, StoredAudio } from "./audio-store.ts";

/** Options of a {@link MemoryAudioStore}. */
export interface MemoryAudioStoreOptions {
  /** Bytes of all recordings, unfinished ones included; the oldest finished leave first. Default 256 MiB. */
  readonly maxTotalBytes?: number;
}

/** Keeps recordings in memory; they are gone when the process ends. */
export class MemoryAudioStore implements AudioStore {
  readonly #maxTotalBytes: number;
  readonly #recordings = new Map<string, { info: AudioInfo; chunks: readonly Uint8Array[]; size: number }>();
  #totalBytes = 0;

  constructor(options: MemoryAudioStoreOptions = {}) {
    this.#maxTotalBytes = options.maxTotalBytes ?? 256 * 1024 * 1024;
  }

  create(info: AudioInfo): AudioWriter {
    let chunks: Uint8Array[] = [];
    let size = 0;
    return {
      write: (chunk) => {
        this.#reserve(chunk.byteLength);
        chunks.push(chunk);
        size += chunk.byteLength;
      },
      commit: () => {
        this.#recordings.set(info.audioId, { info, chunks, size });
      },
      abort: () => {
        this.#totalBytes -= size;
        chunks = [];
        size = 0;
      },
    };
  }

  open(audioId: string): StoredAudio | undefined {
    const recording = this.#recordings.get(audioId);
    if (recording === undefined) return undefined;
    const { info, size, chunks } = recording;
    return {
      info,
      size,
      async *read() {
        yield* chunks;
      },
    };
  }

  #reserve(bytes: number): void {
    for (const [audioId, { size }] of this.#recordings) {
      if (this.#totalBytes + bytes <= this.#maxTotalBytes) break;
      this.#recordings.delete(audioId);
      this.#totalBytes -= size;
    }
    if (this.#totalBytes + bytes > this.#maxTotalBytes) {
      throw new ConnectError("no room for more recordings at the moment", Code.ResourceExhausted);
    }
    this.#totalBytes += bytes;
  }
}
