import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { ImError } from "../im-error.ts";

/** Where the bytes of an upload come from. `{ path }` is a file, read as it is sent. */
export type AudioSource =
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | { readonly path: string };

/** A source that is ready to be read once. */
export interface OpenAudioSource {
  /** Undefined when only reading to the end will tell. */
  sizeBytes: number | undefined;
  bytes: AsyncIterable<Uint8Array>;
  /** Nobody changes the bytes once they have been given; what a caller gives piece by piece may lie in a buffer used again. */
  isLasting: boolean;
}

/** Opens a source without reading it; throws `invalid_argument` or `not_found` when that cannot be done. */
export async function openAudioSource(source: AudioSource): Promise<OpenAudioSource> {
  if (source instanceof Uint8Array) return { sizeBytes: source.byteLength, bytes: single(source), isLasting: true };
  if (source instanceof Blob) {
    return { sizeBytes: source.size, bytes: source.stream() as AsyncIterable<Uint8Array>, isLasting: true };
  }
  if (typeof source === "object" && source !== null) {
    if (isAsyncIterable(source)) return { sizeBytes: undefined, bytes: source, isLasting: false };
    if (typeof source.path === "string") {
      return { sizeBytes: await fileSize(source.path), bytes: readFile(source.path), isLasting: true };
    }
  }
  throw new ImError(
    "invalid_argument",
    "source must be a Uint8Array, a Blob, a ReadableStream, an AsyncIterable of Uint8Array, or { path }",
  );
}

async function fileSize(path: string): Promise<number> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) throw new ImError("invalid_argument", `source: ${path} is not a file`);
    return stats.size;
  } catch (reason) {
    if (reason instanceof ImError) throw reason;
    throw new ImError("not_found", `source: ${path} cannot be read: ${(reason as Error).message}`, { cause: reason });
  }
}

function isAsyncIterable(source: object): source is AsyncIterable<Uint8Array> {
  return Symbol.asyncIterator in source;
}

/** Opens the file only when somebody reads, so that an upload that never starts leaves none open. */
async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path) as AsyncIterable<Uint8Array>;
}

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
