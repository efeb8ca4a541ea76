import { readFile } from "node:fs/promises";
import { connect, credsAuthenticator, type NatsConnection, type TlsOptions } from "@nats-io/transport-node";
import type { ResolvedNatsOptions } from "./nats-storage-options.ts";

/** How often a silent NATS is asked for a sign of life; it is given up after two that did not come. */
const pingIntervalMs = 5_000;

/**
 * A connection that comes back for ever, whatever becomes of NATS. Rejects with an error that names the servers when there is none
 * at first, and one that names the option when the credentials file cannot be read.
 */
export async function connectNats(options: ResolvedNatsOptions): Promise<NatsConnection> {
  const { servers, user, password, credentialsFile, tls } = options;
  const credentials = credentialsFile === undefined ? undefined : await readCredentials(credentialsFile);
  try {
    return await connect({
      servers: [...servers],
      name: "@im-sdk/server-nats",
      ...(user !== undefined && { user }),
      ...(password !== undefined && { pass: password }),
      ...(credentials !== undefined && { authenticator: credsAuthenticator(credentials) }),
      ...(tls !== false && { tls: tls === true ? {} : definedOf(tls) }),
      pingInterval: pingIntervalMs,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 200,
      reconnectJitter: 200,
      timeout: 5_000,
      // A password that is changed while NATS restarts must not end a server that could have it a moment later.
      ignoreAuthErrorAbort: true,
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`NATS at ${servers.join(", ")} cannot be used: ${reason}`, { cause });
  }
}

async function readCredentials(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new Error(`credentialsFile "${path}" cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function definedOf({ ca, cert, key }: TlsOptions): TlsOptions {
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
}
