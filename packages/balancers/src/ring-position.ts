import { xxh64 } from "@node-rs/xxhash";

/**
 * Where a text is on the ring: the upper 53 bits of its xxHash64 with seed 0, which a number holds exactly. The same in every
 * process.
 *
 * Source: xxHash specification, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */
export function ringPosition(text: string): number {
  return Number(xxh64(text) >> 11n);
}
