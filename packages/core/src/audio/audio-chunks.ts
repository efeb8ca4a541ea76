import { ImError } from "../im-error.ts";

/** The chunk size of the contract. */
export const chunkBytes = 32 * 1024;

/** Cuts bytes into chunks of 32 KiB, the last one shorter; holds no more than one chunk and one piece of the source. */
export async function* audioChunks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest = new Uint8Array(chunkBytes);
  let restBytes = 0;
  for await (const piece of source) {
    if (!(piece instanceof Uint8Array)) {
      throw new ImError(
        "invalid_argument",
        `source must give Uint8Arrays, got ${piece === null ? "null" : typeof piece}`,
      );
    }
    let offset = 0;
    if (restBytes > 0) {
      offset = Math.min(piece.byteLength, chunkBytes - restBytes);
      rest.set(piece.subarray(0, offset), restBytes);
      restBytes += offset;
      if (restBytes < chunkBytes) continue;
      yield rest;
      rest = new Uint8Array(chunkBytes);
      restBytes = 0;
    }
    for (; piece.byteLength - offset >= chunkBytes; offset += chunkBytes)
      yield piece.subarray(offset, offset + chunkBytes);
    rest.set(piece.subarray(offset), 0);
    restBytes = piece.byteLength - offset;
  }
  if (restBytes > 0) yield rest.subarray(0, restBytes);
}
