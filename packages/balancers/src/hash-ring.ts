import { ringPosition } from "./ring-position.ts";

/** Points on a circle, ascending, each with the slot of its owner. Never changed once made. */
export interface HashRing {
  readonly positions: Float64Array;
  readonly owners: Uint32Array;
}

/** Whether the owner of the first slot comes before that of the second where their points meet. */
export type OwnerOrder = (slot: number, other: number) => boolean;

export const emptyRing: HashRing = { positions: new Float64Array(), owners: new Uint32Array() };

/** The ring of one owner: `count` points that depend on nothing but its id. */
export function ringOf(id: string, slot: number, count: number): HashRing {
  const positions = Float64Array.from({ length: count }, (_, index) => ringPosition(`${id}#${index}`)).sort();
  return { positions, owners: new Uint32Array(count).fill(slot) };
}

/** The points of all rings. Merges neighbours pair by pair, so that every point is moved only a few times. */
export function mergeRings(rings: readonly HashRing[], isBefore: OwnerOrder): HashRing {
  if (rings.length <= 1) return rings[0] ?? emptyRing;
  const middle = rings.length >> 1;
  return mergeTwo(mergeRings(rings.slice(0, middle), isBefore), mergeRings(rings.slice(middle), isBefore), isBefore);
}

/** The ring without the points of some owners. */
export function withoutOwners(ring: HashRing, slots: ReadonlySet<number>): HashRing {
  if (slots.size === 0) return ring;
  const positions = new Float64Array(ring.positions.length);
  const owners = new Uint32Array(ring.owners.length);
  let length = 0;
  // A loop, since the filter of typed arrays takes a hundred times as long.
  for (let index = 0; index < positions.length; index++) {
    const owner = ring.owners[index] ?? 0;
    if (slots.has(owner)) continue;
    positions[length] = ring.positions[index] ?? 0;
    owners[length++] = owner;
  }
  return { positions: positions.slice(0, length), owners: owners.slice(0, length) };
}

/** Index of the first point at or after the position, going round. Binary search. */
export function firstPointFrom({ positions }: HashRing, position: number): number {
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((positions[middle] ?? 0) < position) low = middle + 1;
    else high = middle;
  }
  return low < positions.length ? low : 0;
}

function mergeTwo(left: HashRing, right: HashRing, isBefore: OwnerOrder): HashRing {
  const length = left.positions.length + right.positions.length;
  const positions = new Float64Array(length);
  const owners = new Uint32Array(length);
  let l = 0;
  let r = 0;
  for (let index = 0; index < length; index++) {
    // Infinity is beyond every point: it stands for a ring that is used up.
    const leftAt = left.positions[l] ?? Number.POSITIVE_INFINITY;
    const rightAt = right.positions[r] ?? Number.POSITIVE_INFINITY;
    const takesLeft = leftAt < rightAt || (leftAt === rightAt && isBefore(left.owners[l] ?? 0, right.owners[r] ?? 0));
    positions[index] = takesLeft ? leftAt : rightAt;
    owners[index] = (takesLeft ? left.owners[l++] : right.owners[r++]) ?? 0;
  }
  return { positions, owners };
}
