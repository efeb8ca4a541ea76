import { ImClient, type ImClientOptions, type TlsOptions } from "@im-sdk/core";
import type { CliIo } from "./cli-io.ts";
import { openDiscovery } from "./open-discovery.ts";
import type { CommonOptions } from "./options/common-options.ts";
import { readFileOption } from "./options/read-file-option.ts";

/** TLS to the servers as asked for. */
export function readTls({ tls, caFile }: CommonOptions): TlsOptions {
  return caFile === undefined ? tls : { ca: readFileOption("--ca", caFile) };
}

/** The client that the options describe, not connected. */
export function createClient(io: CliIo, options: CommonOptions, more: Partial<ImClientOptions> = {}): ImClient {
  const { place, serviceName, userId, token, timeoutMs } = options;
  return new ImClient({
    userId,
    serviceName,
    ...(place.kind === "server" ? { services: place.addresses } : { discovery: openDiscovery(place, io.env) }),
    tls: readTls(options),
    ...(token !== undefined && { credentials: token }),
    connectTimeoutMs: timeoutMs,
    requestTimeoutMs: timeoutMs,
    retryIntervalMs: 1_000,
    ...more,
  });
}

/** Does the work with a client that is connected, and disconnects it whichever way that ends. */
export async function withClient<T>(io: CliIo, options: CommonOptions, work: (client: ImClient) => Promise<T>) {
  const client = createClient(io, options);
  // What concerns the work is thrown where it is awaited.
  client.on("error", () => {});
  try {
    await client.connect({ signal: io.signal });
    return await work(client);
  } finally {
    await client.disconnect();
  }
}
