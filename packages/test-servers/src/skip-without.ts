import { findServer } from "./find-server.ts";
import type { ServerName } from "./server-name.ts";
import { ServerUnavailableError } from "./server-unavailable-error.ts";

/**
 * Options for `test` or `describe` of node:test that skip, with what to install as the reason, where the servers cannot be
 * had. With `CI=true` in the environment nothing is skipped: the tests run, and fail where they start the server. Fetches
 * what is to be fetched, so that it does not count against the time limit of a test.
 *
 * ```ts
 * const real = await skipWithout("consul");
 * test("finds a service", real, async () => {
 *   await using consul = await startConsul();
 * ```
 */
export async function skipWithout(...servers: readonly ServerName[]): Promise<{ skip: string | false }> {
  try {
    for (const server of servers) await findServer(server);
    return { skip: false };
  } catch (error) {
    if (!(error instanceof ServerUnavailableError)) throw error;
    return { skip: process.env.CI === "true" ? false : error.message };
  }
}
