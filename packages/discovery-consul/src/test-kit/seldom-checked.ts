import type { ConsulCheck } from "../consul-check.ts";

/**
 * For instances at which nothing serves, and which are to pass. Consul asks for the first time at a random moment of the
 * interval, so that a short one lets some of them fail within the test.
 */
export const seldomChecked = { kind: "grpc", intervalMs: 7 * 24 * 3_600_000 } satisfies ConsulCheck;
