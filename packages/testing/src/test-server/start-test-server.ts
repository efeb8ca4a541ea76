import { RunningTestServer } from "./running-test-server.ts";
import type { TestServer } from "./test-server.ts";

/** Options of {@link startTestServer}. */
export interface TestServerOptions {
  /** TCP port on 127.0.0.1; the default 0 takes a free one. */
  readonly port?: number;
  /** Grants the extensions `ack` and `resume` to who asks for them; false makes a plain `im.v1` server. Default true. */
  readonly extensions?: boolean;
}

/**
 * Starts an `im.v1` server for a test of an app. It does what the contract says, and no more: no limits, no tokens, no
 * transcripts, and nothing is ever forgotten. Rejects when it cannot listen.
 */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { port = 0, extensions = true } = options;
  const server = new RunningTestServer(extensions);
  await server.listen(port);
  return server;
}
