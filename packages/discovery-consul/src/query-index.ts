/**
 * The index for the next blocking query: that of the answer, 1 when the answer has none, and 0, which is to start over with
 * a query that does not block, when it has gone back, as after a restore or on another server.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/features/blocking
 */
export function nextIndex(previous: bigint, header: string | string[] | undefined): bigint {
  const index = typeof header === "string" && /^\d+$/.test(header) ? BigInt(header) : 0n;
  if (index < previous) return 0n;
  return index === 0n ? 1n : index;
}
