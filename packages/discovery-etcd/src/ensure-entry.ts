import { EtcdLeaseInvalidError } from "etcd3";
import type { Cluster } from "./cluster.ts";
import type { CallLimits } from "./endpoint.ts";
import type { Lease } from "./lease-calls.ts";

/** What is to be at a key. */
export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/**
 * Sees that the entry is there, unchanged and under this lease, and puts it again otherwise. False when etcd does not have
 * the lease any more. It reads first, since a read costs the cluster nothing on disk and is nearly always enough.
 */
export function ensureEntry(cluster: Cluster, entry: Entry, { id }: Lease, limits: CallLimits): Promise<boolean> {
  return cluster.call(async (client, call) => {
    const { kvs } = await client.kv.range({ key: entry.key }, call);
    const [found] = kvs;
    if (found?.lease === id && found.value.equals(entry.value)) return true;
    try {
      await client.kv.put({ ...entry, lease: id }, call);
      return true;
    } catch (error) {
      if (error instanceof EtcdLeaseInvalidError) return false;
      throw error;
    }
  }, limits);
}
