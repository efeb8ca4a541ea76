import { castGrpcError, EtcdLeaseInvalidError } from "etcd3";
import type { Cluster } from "./cluster.ts";
import type { CallLimits } from "./endpoint.ts";

// The calls of leases, each by itself. etcd3's Lease would make them for us, but takes a lease for lost only after twice
// the TTL that was asked for, whatever was granted; meanwhile it opens a stream every 100 ms; and it has no deadlines.

/** A lease that etcd granted. */
export interface Lease {
  readonly id: string;
  /** May be longer than what was asked for. */
  readonly ttlMs: number;
}

/** Asks for a new lease. */
export async function grantLease(cluster: Cluster, ttlSeconds: number, limits: CallLimits): Promise<Lease> {
  const request = { TTL: String(ttlSeconds) };
  const { ID, TTL } = await cluster.call((client, call) => client.leaseClient.leaseGrant(request, call), limits);
  return { id: ID, ttlMs: Number(TTL) * 1_000 };
}

/** Keeps a lease for another TTL from now; false when etcd does not have it any more. */
export async function renewLease(cluster: Cluster, { id }: Lease, limits: CallLimits): Promise<boolean> {
  return cluster.call(async (client, call) => {
    const stream = await client.leaseClient.leaseKeepAlive(call);
    return new Promise<boolean>((resolve, reject) => {
      stream.on("error", (error) => reject(castGrpcError(error)));
      stream.on("end", () => reject(new Error("the stream ended without an answer")));
      stream.on("data", ({ TTL }) => {
        resolve(Number(TTL) > 0);
        stream.end();
      });
      stream.write({ ID: id });
    });
  }, limits);
}

/** Ends a lease, and with it its keys. One that etcd does not have any more is no error. */
export async function revokeLease(cluster: Cluster, { id }: Lease, limits: CallLimits): Promise<void> {
  await cluster.call(async (client, call) => {
    try {
      await client.leaseClient.leaseRevoke({ ID: id }, call);
    } catch (error) {
      if (!(error instanceof EtcdLeaseInvalidError)) throw error;
    }
  }, limits);
}
