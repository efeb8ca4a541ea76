import type { PickContext, ServiceInstance } from "@im-sdk/contracts";
import type { ConnectionCounts } from "./connection-counts.ts";
import type { ResolvedConsistentHashOptions } from "./consistent-hash-options.ts";
import { emptyRing, firstPointFrom, type HashRing, mergeRings, ringOf, withoutOwners } from "./hash-ring.ts";
import type { Tier } from "./health-tiers.ts";
import { instanceWeight } from "./instance-weight.ts";
import { ringPosition } from "./ring-position.ts";

/** Of one instance, so that a weight that makes no sense costs a moment and a megabyte. */
const maxPoints = 100_000;

/** An instance on the ring. */
interface Owner {
  readonly slot: number;
  readonly weight: number;
}

/**
 * The ring of a set of instances. An update only notes the set; the next pick brings the ring up to it, at the cost of the
 * instances that differ and one pass over the ring, however many updates there were.
 */
export class InstanceRing implements Tier {
  readonly #options: ResolvedConsistentHashOptions;
  readonly #counts: ConnectionCounts;
  #ring: HashRing = emptyRing;
  readonly #owners = new Map<string, Owner>();
  /** By slot; a slot whose instance has gone is used again. */
  readonly #instances: (ServiceInstance | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  #outstanding: readonly ServiceInstance[] | undefined;
  #totalWeight = 0;
  #totalCount = 0;

  constructor(options: ResolvedConsistentHashOptions, counts: ConnectionCounts) {
    this.#options = options;
    this.#counts = counts;
  }

  update(instances: readonly ServiceInstance[]): void {
    this.#outstanding = instances;
  }

  onCountChange(id: string, change: number): void {
    if (this.#owners.has(id)) this.#totalCount += change;
  }

  pick(context: PickContext | undefined): ServiceInstance | undefined {
    if (this.#outstanding !== undefined) this.#settle(this.#outstanding);
    const { owners } = this.#ring;
    const exclude = context?.exclude;
    if (owners.length === 0 || (exclude !== undefined && this.#isAllExcluded(exclude))) return undefined;
    const start = firstPointFrom(this.#ring, ringPosition(context?.key ?? ""));
    let firstFull: ServiceInstance | undefined;
    for (let step = 0; step < owners.length; step++) {
      const index = start + step;
      const instance = this.#instances[owners[index < owners.length ? index : index - owners.length] ?? 0];
      if (instance === undefined || exclude?.has(instance.id) === true) continue;
      if (!this.#isFull(instance)) return instance;
      firstFull ??= instance;
    }
    // Who has room is excluded: an instance over its bound is better than none.
    return firstFull;
  }

  #isFull(instance: ServiceInstance): boolean {
    const { loadFactor } = this.#options;
    if (loadFactor === undefined) return false;
    const weight = this.#owners.get(instance.id)?.weight ?? 1;
    const share = (loadFactor * (this.#totalCount + 1) * weight) / this.#totalWeight;
    // A factor such as 1.1 is not quite what it says: what exceeds a whole number by so little is that number.
    return this.#counts.of(instance.id) >= Math.ceil(share * (1 - 1e-12));
  }

  #isAllExcluded(exclude: ReadonlySet<string>): boolean {
    if (exclude.size < this.#owners.size) return false;
    for (const id of this.#owners.keys()) if (!exclude.has(id)) return false;
    return true;
  }

  #settle(instances: readonly ServiceInstance[]): void {
    this.#outstanding = undefined;
    const { virtualNodes } = this.#options;
    const maxWeight = Math.floor(maxPoints / virtualNodes);
    const weights = new Map(instances.map((one) => [one.id, Math.min(instanceWeight(one), maxWeight)]));
    const gone = new Set<number>();
    for (const [id, { slot, weight }] of this.#owners) {
      if (weights.get(id) === weight) continue;
      gone.add(slot);
      this.#owners.delete(id);
      this.#instances[slot] = undefined;
    }
    const kept = withoutOwners(this.#ring, gone);
    const added: HashRing[] = [];
    this.#freeSlots.push(...gone);
    this.#totalWeight = 0;
    this.#totalCount = 0;
    for (const instance of instances) {
      const { id } = instance;
      const weight = weights.get(id) ?? 1;
      let owner = this.#owners.get(id);
      if (owner === undefined) {
        owner = { slot: this.#freeSlots.pop() ?? this.#instances.length, weight };
        this.#owners.set(id, owner);
        added.push(ringOf(id, owner.slot, weight * virtualNodes));
      }
      this.#instances[owner.slot] = instance;
      this.#totalWeight += weight;
      this.#totalCount += this.#counts.of(id);
    }
    const isBefore = (slot: number, other: number) => this.#idOf(slot) < this.#idOf(other);
    this.#ring = mergeRings([kept, ...(added.length === 0 ? [] : [mergeRings(added, isBefore)])], isBefore);
  }

  #idOf(slot: number): string {
    return this.#instances[slot]?.id ?? "";
  }
}
