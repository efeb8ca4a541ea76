import { Etcd3, type IOptions } from "etcd3";
import type { EtcdTlsOptions, ResolvedOptions } from "./etcd-discovery-options.ts";

type Policy = NonNullable<NonNullable<IOptions["faultHandling"]>["global"]>;

/**
 * A client of etcd3 for one member, reduced to its raw calls: no token, no retry and no circuit breaker of its own, since
 * all three are ours to decide.
 */
export function createClient(address: string, tls: ResolvedOptions["tls"]): Etcd3 {
  return new Etcd3({
    hosts: `${tls === false ? "http" : "https"}://${address}`,
    ...(typeof tls === "object" && { credentials: credentialsOf(tls) }),
    faultHandling: { global: once, host: () => once },
    grpcOptions: {
      // A connection that silently died under a watch is noticed within the sum of both. etcd takes pings more often than
      // every 5 s for an attack (its option --grpc-keepalive-min-time).
      "grpc.keepalive_time_ms": 10_000,
      "grpc.keepalive_timeout_ms": 5_000,
      // When to try again is decided by our own backoff; this one would hold back tries after a long outage.
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 1_000,
      // As etcd's own client: a long list must not be refused for ever.
      "grpc.max_receive_message_length": -1,
      "grpc.service_config_disable_resolution": 1,
      // grpc-js shares connections between clients with equal options. A client that etcd3 resets after a timeout must not
      // come back on the connection that did not answer.
      "im-sdk.owner": Symbol("connection"),
    },
  });
}

const once = { execute: async (run) => run({ signal: new AbortController().signal }) } as Policy;

function credentialsOf({ ca, cert, key }: EtcdTlsOptions): NonNullable<IOptions["credentials"]> {
  const files = {
    ...(ca !== undefined && { rootCertificate: Buffer.from(ca) }),
    ...(key !== undefined && { privateKey: Buffer.from(key) }),
    ...(cert !== undefined && { certChain: Buffer.from(cert) }),
  };
  // etcd3's type asks for the root; its code passes none on, and Node then takes its own.
  return files as NonNullable<IOptions["credentials"]>;
}
