import { randomFillSync } from "node:crypto";
import { v7 } from "uuid";

const randomBytes = 16;

/** Random bytes for many ids, fetched at once: fetched for each by itself they take several times as long as the rest of it. */
const pool = new Uint8Array(256 * randomBytes);
let used = pool.byteLength;

/** A new UUIDv7. */
export function newMessageId(): string {
  return v7({ rng: nextRandom });
}

function nextRandom(): Uint8Array {
  if (used === pool.byteLength) {
    randomFillSync(pool);
    used = 0;
  }
  const start = used;
  used += randomBytes;
  return pool.subarray(start, used);
}
