import type { MaybePromise } from "../maybe-promise.ts";

/** What is known of a recording. */
export interface AudioInfo {
  /** Random and unguessable; made by the server. */
  readonly audioId: string;
  readonly userId: string;
  readonly roomId: string;
  /** Container or codec, as the uploader named it; may be empty. */
  readonly format: string;
  readonly durationSeconds: number;
}

/** Takes the bytes of one recording. Exactly one of `commit` and `abort` ends it. */
export interface AudioWriter {
  /** Keeps the next bytes; rejects when there is no room for them. */
  write(chunk: Uint8Array): MaybePromise<void>;
  /** The recording is whole and can be opened from now on. */
  commit(): MaybePromise<void>;
  /** Nothing is kept. */
  abort(): MaybePromise<void>;
}

/** A recording that is kept. */
export interface StoredAudio {
  readonly info: AudioInfo;
  /** Size in bytes. */
  readonly size: number;
  /** The bytes from the start; may be called more than once. */
  read(): AsyncIterable<Uint8Array>;
}

/** Where recordings are kept. */
export interface AudioStore {
  create(info: AudioInfo): MaybePromise<AudioWriter>;
  /** The recording; undefined when there is none of that id, whatever the id looks like. */
  open(audioId: string): MaybePromise<StoredAudio | undefined>;
}
