import { backoffDelayMs, type Clock, RegistryError, sleep } from "@im-sdk/contracts";
import type { ConsulClient } from "./consul-client.ts";

export interface DeregisterOptions {
  readonly client: ConsulClient;
  readonly clock: Clock;
  readonly random: () => number;
}

/** How long Consul is tried to be told that an instance leaves. */
const timeoutMs = 5_000;

const backoff = { baseMs: 250, maxMs: 1_000 };

/**
 * Deregisters, trying again while Consul is away. Rejects with RegistryError `unavailable` when five seconds were not enough,
 * and with any other refusal at once.
 */
export async function deregisterInTime(
  instanceId: string,
  { client, clock, random }: DeregisterOptions,
): Promise<void> {
  const late = new AbortController();
  const timer = clock.setTimeout(() => late.abort(), timeoutMs);
  let last: unknown;
  try {
    for (let failures = 0; ; ) {
      try {
        if (failures > 0) await sleep(backoffDelayMs(failures, { ...backoff, random }), clock, late.signal);
        return await client.deregister(instanceId, late.signal);
      } catch (error) {
        if (late.signal.aborted) throw notToldError(client.registry, instanceId, last);
        if (!(error instanceof RegistryError) || error.isFinal) throw error;
        last = error;
        failures++;
      }
    }
  } finally {
    clock.clearTimeout(timer);
  }
}

function notToldError(registry: string, instanceId: string, cause: unknown): RegistryError {
  const message = `was not told within ${timeoutMs} ms that "${instanceId}" leaves, and lists it until its check has failed`;
  return new RegistryError("unavailable", registry, message, { cause });
}
