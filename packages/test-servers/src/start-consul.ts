import { readFileSync } from "node:fs";
import { LocalServer } from "./local-server.ts";
import type { RunningServer } from "./running-server.ts";
import { send } from "./send.ts";
import type { ServerTls } from "./server-tls.ts";

/** Options of {@link startConsul}. */
export interface ConsulOptions {
  /**
   * Turns access control on, everything being denied by default, with this as the token that may do all; best a UUID, which
   * is what Consul asks for. Default: no access control.
   */
  readonly aclToken?: string;
  /** Makes the HTTP API speak TLS. Default: plain HTTP. */
  readonly tls?: ServerTls;
}

const nodeName = "test";

/**
 * Starts a single Consul server that keeps its data on disk; `address` is its HTTP API. Done when it leads, its catalog has
 * been written to, and its agent answers, which takes one to two seconds: Consul waits at least one before it elects itself.
 *
 * @throws ServerUnavailableError when there is no Consul; an Error with its last words when it does not come up.
 */
export async function startConsul(options: ConsulOptions = {}): Promise<RunningServer> {
  const { aclToken, tls } = options;
  const headers: Record<string, string> = aclToken === undefined ? {} : { "X-Consul-Token": aclToken };
  const client = tls && { cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) };
  return LocalServer.start({
    name: "consul",
    portCount: 3,
    args: (ports, data) => ["agent", "-data-dir", data, "-hcl", JSON.stringify(configuration(ports, options))],
    async isReady(address, signal) {
      // Consistent: the leader answers, once it is ready for writes. It has then written this check itself.
      const path = `/v1/health/node/${nodeName}?consistent`;
      const { status, text } = await send(address, path, { headers, signal, ...(client && { tls: client }) });
      return status === 200 && text.includes('"passing"');
    },
  });
}

/** See https://developer.hashicorp.com/consul/docs/agent/config; the names are those that 1.8 and later know. */
function configuration(ports: readonly number[], { aclToken, tls }: ConsulOptions): object {
  const [api, server, serf] = ports;
  return {
    server: true,
    bootstrap_expect: 1,
    node_name: nodeName,
    bind_addr: "127.0.0.1",
    client_addr: "127.0.0.1",
    ports: {
      http: tls === undefined ? api : -1,
      https: tls === undefined ? -1 : api,
      server,
      serf_lan: serf,
      serf_wan: -1,
      dns: -1,
      grpc: -1,
    },
    performance: { raft_multiplier: 1 },
    disable_update_check: true,
    log_level: "warn",
    ...(aclToken !== undefined && {
      acl: { enabled: true, default_policy: "deny", tokens: { master: aclToken, agent: aclToken } },
    }),
    ...(tls !== undefined && {
      cert_file: tls.certFile,
      key_file: tls.keyFile,
      ...(tls.clientCaFile !== undefined && { ca_file: tls.clientCaFile, verify_incoming_https: true }),
    }),
  };
}
