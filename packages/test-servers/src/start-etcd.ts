import { readFileSync } from "node:fs";
import { LocalServer, type ServerPlan } from "./local-server.ts";
import type { RunningServer } from "./running-server.ts";
import { type SendOptions, send } from "./send.ts";
import type { ServerTls } from "./server-tls.ts";

/** Options of {@link startEtcd}. */
export interface EtcdOptions {
  /** Turns authentication on, with a user `root` who has this password and may do all. Default: no authentication. */
  readonly rootPassword?: string;
  /** Makes the client API speak TLS. Default: plain. */
  readonly tls?: ServerTls;
}

/**
 * Starts a single etcd member that keeps its data on disk; `address` is its client API, gRPC and JSON alike. Done when it is
 * healthy, and when authentication is on if that was asked for.
 *
 * @throws ServerUnavailableError when there is no etcd; an Error with its last words when it does not come up.
 */
export async function startEtcd(options: EtcdOptions = {}): Promise<RunningServer> {
  return LocalServer.start(etcdPlan(options));
}

/** How etcd is run. */
export function etcdPlan({ rootPassword, tls }: EtcdOptions = {}): ServerPlan {
  const client = tls && { tls: { cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) } };
  return {
    name: "etcd",
    portCount: 2,
    args: (ports, data) => argsOf(ports, data, tls),
    async isReady(address, signal) {
      const { status, text } = await send(address, "/health", { signal, ...client });
      return status === 200 && JSON.parse(text).health === "true";
    },
    ...(rootPassword !== undefined && {
      prepare: (address: string) => enableAuth(address, rootPassword, { ...client }),
    }),
  };
}

function argsOf([port, peerPort]: readonly number[], data: string, tls: ServerTls | undefined): string[] {
  const url = `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  return [
    "--name=test",
    `--data-dir=${data}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=test=${peerUrl}`,
    // Alone, it can only elect itself; the sooner the better.
    "--heartbeat-interval=20",
    "--election-timeout=100",
    "--logger=zap",
    "--log-level=warn",
    ...(tls === undefined ? [] : [`--cert-file=${tls.certFile}`, `--key-file=${tls.keyFile}`]),
    ...(tls?.clientCaFile === undefined ? [] : ["--client-cert-auth", `--trusted-ca-file=${tls.clientCaFile}`]),
  ];
}

/** See https://etcd.io/docs/v3.4/op-guide/authentication/; the paths are those of the JSON gateway. */
async function enableAuth(address: string, password: string, options: SendOptions): Promise<void> {
  const calls: [path: string, body: object][] = [
    ["role/add", { name: "root" }],
    ["user/add", { name: "root", password }],
    ["user/grant", { user: "root", role: "root" }],
    ["enable", {}],
  ];
  for (const [path, body] of calls) {
    const answer = await send(address, `/v3/auth/${path}`, { ...options, method: "POST", body: JSON.stringify(body) });
    if (answer.status !== 200) throw new Error(`etcd refuses auth/${path}: ${answer.status} ${answer.text}`);
  }
}
