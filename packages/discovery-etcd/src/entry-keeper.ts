import { backoffDelayMs, type Clock, RegistryError, sleep } from "@im-sdk/contracts";
import type { Cluster } from "./cluster.ts";
import { type Entry, ensureEntry } from "./ensure-entry.ts";
import { grantLease, type Lease, renewLease, revokeLease } from "./lease-calls.ts";
import { retryDelays } from "./retry-delays.ts";

export interface EntryKeeperOptions {
  readonly entry: Entry;
  readonly cluster: Cluster;
  readonly leaseTtlSeconds: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** The longest that a call may take; a third of the TTL if that is less. */
const callTimeoutMs = 5_000;

/** One entry and the lease it is under. */
export class EntryKeeper {
  readonly #options: EntryKeeperOptions;
  #lease: Lease | undefined;
  #leaseEndsAt = 0;
  /** Leases that the entry may be under: more than one only between the loss of a lease and the next put. */
  readonly #leases = new Set<Lease>();

  constructor(options: EntryKeeperOptions) {
    this.#options = options;
  }

  /**
   * Renews the lease, or takes a new one when there is none or its time is over by our own clock, and sees that the entry
   * is there under it. Answers when to do so again, in milliseconds. Rejects with what etcd says, or that the lease is gone.
   */
  async keep(signal: AbortSignal): Promise<number> {
    const { cluster, entry, leaseTtlSeconds, clock } = this.#options;
    const limits = { signal, timeoutMs: Math.min(callTimeoutMs, (leaseTtlSeconds * 1_000) / 3) };
    // Before the call: etcd counts from when it was asked, at the earliest.
    const askedAt = clock.now();
    if (this.#lease !== undefined && askedAt < this.#leaseEndsAt) {
      if (!(await renewLease(cluster, this.#lease, limits))) throw this.#leaseIsGone();
    } else {
      this.#lease = await grantLease(cluster, leaseTtlSeconds, limits);
      this.#leases.add(this.#lease);
    }
    const lease = this.#lease;
    this.#leaseEndsAt = askedAt + lease.ttlMs;
    if (!(await ensureEntry(cluster, entry, lease, limits))) throw this.#leaseIsGone();
    for (const other of this.#leases) if (other !== lease) this.#leases.delete(other);
    return lease.ttlMs / 3;
  }

  /** Removes the entry by ending its lease; tries again until that is done, etcd refuses, or the signal aborts. */
  async remove(signal: AbortSignal): Promise<void> {
    const { cluster, clock, random } = this.#options;
    for (const lease of this.#leases) {
      for (let failures = 1; this.#leases.has(lease); failures++) {
        try {
          await revokeLease(cluster, lease, { signal });
          this.#leases.delete(lease);
        } catch (error) {
          if (signal.aborted || !(error instanceof RegistryError) || error.isFinal) throw error;
          const delayMs = backoffDelayMs(failures, { ...retryDelays, random });
          await sleep(delayMs, clock, signal).catch(() => {
            throw error;
          });
        }
      }
    }
  }

  #leaseIsGone(): RegistryError {
    this.#lease = undefined;
    const { cluster } = this.#options;
    return new RegistryError(
      "unavailable",
      cluster.registry,
      "the lease is gone, revoked or lost with etcd's data: a new one comes next",
    );
  }
}
