import type { TestContext } from "node:test";
import { ImClient } from "../im-client.ts";
import type { ImClientOptions } from "../im-client-options.ts";
import { Recorder } from "./recorder.ts";

/** A recorded client that comes back quickly and for ever, and that the test disconnects at its end. */
export function record(t: TestContext, options: ImClientOptions) {
  const client = new ImClient({ retryIntervalMs: 20, maxRetries: Number.POSITIVE_INFINITY, ...options });
  t.after(() => client.disconnect({ timeoutMs: 1 }));
  return Object.assign(new Recorder(client), { client });
}
