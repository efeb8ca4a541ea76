import { messageBytes } from "@im-sdk/server";
import type { Post } from "./plan-batch.ts";

/** Bytes of messages that are written at once, so that a flood of large ones is not encoded twice over in memory. */
const maxBatchBytes = 4 * 1024 * 1024;

/** Takes the first of those that wait, as many as are written at once; one that is too large alone goes alone. */
export function takeBatch<T extends Post>(waiting: T[]): T[] {
  let bytes = 0;
  const end = waiting.findIndex(({ message }) => {
    bytes += messageBytes(message);
    return bytes > maxBatchBytes;
  });
  return end < 0 ? waiting.splice(0) : waiting.splice(0, Math.max(1, end));
}
