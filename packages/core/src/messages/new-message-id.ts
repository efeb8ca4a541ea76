import { randomFillSync } from "node:crypto";
import { v7 } from "uuid";

const randomBytes = 16;

/** Random bytes for many ids, fetched at once: fetched for each by itself they take several times as long as the rest of it. */
const pool = Buffer.alloc(256 * randomBytes);
let used = pool.byteLength;

let lastMs = 0;
let sequence = 0;

/** A new UUIDv7 of this time, in milliseconds since the Unix epoch. Those of one process rise. */
export function newMessageId(nowMs = Date.now()): string {
  const random = nextRandom();
  if (nowMs > lastMs) {
    lastMs = nowMs;
    // Half of what there is, so that it can be counted up from.
    sequence = random.readUInt32BE(6) >>> 1;
  } else {
    sequence++;
  }
  return v7({ random, msecs: lastMs, seq: sequence });
}

function nextRandom(): Buffer {
  if (used === pool.byteLength) {
    randomFillSync(pool);
    used = 0;
  }
  const start = used;
  used += randomBytes;
  return pool.subarray(start, used);
}
