import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { LocalServer, type ServerPlan } from "./local-server.ts";
import type { RunningServer } from "./running-server.ts";
import { send } from "./send.ts";
import type { ServerTls } from "./server-tls.ts";

/** Options of {@link startNats}. */
export interface NatsOptions {
  /** The only user there is, who may do all. Default: anybody may. */
  readonly user?: { readonly name: string; readonly password: string };
  /**
   * The public key of the only user there is, which begins with `U`; who connects signs with its seed, as a credentials file
   * has it. Default: anybody may.
   */
  readonly nkey?: string;
  /** Makes clients speak TLS. Default: plain. */
  readonly tls?: ServerTls;
}

/**
 * Starts a single NATS server with JetStream that keeps its data on disk; `address` is where clients connect. Done when JetStream
 * has found what it had stored.
 *
 * @throws ServerUnavailableError when there is no nats-server; an Error with its last words when it does not come up.
 */
export async function startNats(options: NatsOptions = {}): Promise<RunningServer> {
  return LocalServer.start(natsPlan(options));
}

/** What a server of a cluster is told of it. */
export interface ClusterPlace {
  /** Its name, which no other has. */
  readonly name: string;
  readonly routePort: number;
  /** Route ports of the others. */
  readonly otherRoutePorts: readonly number[];
}

/** How nats-server is run. */
export function natsPlan(options: NatsOptions, place?: ClusterPlace): ServerPlan {
  let monitor = "";
  return {
    name: "nats-server",
    portCount: 2,
    args(ports, data) {
      monitor = `127.0.0.1:${ports[1]}`;
      const file = join(dirname(data), "nats.conf");
      const config = {
        ...configuration(ports, data, options),
        ...(place !== undefined && clusterConfiguration(place)),
      };
      writeFileSync(file, JSON.stringify(config));
      return ["--config", file];
    },
    async isReady(_address, signal) {
      const { status } = await send(monitor, "/healthz", { signal });
      return status === 200;
    },
  };
}

/** JetStream needs the names. */
function clusterConfiguration({ name, routePort, otherRoutePorts }: ClusterPlace): object {
  return {
    server_name: name,
    cluster: {
      name: "test",
      listen: `127.0.0.1:${routePort}`,
      routes: otherRoutePorts.map((port) => `nats://127.0.0.1:${port}`),
    },
  };
}

/** See https://docs.nats.io/running-a-nats-service/configuration; JSON is one way to write it. */
function configuration([port, monitorPort]: readonly number[], data: string, { user, nkey, tls }: NatsOptions): object {
  const users = [
    ...(user === undefined ? [] : [{ user: user.name, password: user.password }]),
    ...(nkey === undefined ? [] : [{ nkey }]),
  ];
  return {
    listen: `127.0.0.1:${port}`,
    http: `127.0.0.1:${monitorPort}`,
    jetstream: { store_dir: data },
    ...(users.length > 0 && { authorization: { users } }),
    ...(tls !== undefined && {
      tls: {
        cert_file: tls.certFile,
        key_file: tls.keyFile,
        ...(tls.clientCaFile !== undefined && { ca_file: tls.clientCaFile, verify: true }),
      },
    }),
  };
}
