import { type ServiceDiscovery, StaticDiscovery } from "@im-sdk/core";
import { ConsulDiscovery } from "@im-sdk/discovery-consul";
import { EtcdDiscovery } from "@im-sdk/discovery-etcd";
import type { ServicePlace } from "./options/common-options.ts";
import { readFileOption } from "./options/read-file-option.ts";
import { UsageError } from "./usage-error.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Who knows the instances. Secrets and certificates for the registry come from the variables that its own command takes:
 * `CONSUL_HTTP_TOKEN`, `CONSUL_HTTP_SSL`, `CONSUL_CACERT`, `CONSUL_CLIENT_CERT`, `CONSUL_CLIENT_KEY`; `ETCDCTL_USER`
 * (`user:password`), `ETCDCTL_CACERT`, `ETCDCTL_CERT`, `ETCDCTL_KEY`. Throws a UsageError for one that makes no sense.
 */
export function openDiscovery({ kind, addresses }: ServicePlace, env: Environment): ServiceDiscovery {
  if (kind === "server") return new StaticDiscovery(addresses);
  try {
    return kind === "consul" ? openConsul(addresses[0] ?? "", env) : openEtcd(addresses, env);
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`--${kind} and its environment: ${(cause as Error).message}`, { cause });
  }
}

function openConsul(address: string, env: Environment): ServiceDiscovery {
  const token = env.CONSUL_HTTP_TOKEN;
  const tls = readTls(env, "CONSUL_CACERT", "CONSUL_CLIENT_CERT", "CONSUL_CLIENT_KEY");
  return new ConsulDiscovery({ address, ...(token && { token }), tls: tls ?? env.CONSUL_HTTP_SSL === "true" });
}

function openEtcd(endpoints: readonly string[], env: Environment): ServiceDiscovery {
  const [username, ...password] = env.ETCDCTL_USER?.split(":") ?? [];
  const auth = username ? { username, password: password.join(":") } : undefined;
  const tls = readTls(env, "ETCDCTL_CACERT", "ETCDCTL_CERT", "ETCDCTL_KEY");
  return new EtcdDiscovery({ endpoints, ...(auth && { auth }), tls: tls ?? false });
}

/** Authorities, certificate and key from the files that the variables name; undefined when none does. */
function readTls(env: Environment, ...variables: [ca: string, cert: string, key: string]) {
  const [ca, cert, key] = variables.map((name) => {
    const path = env[name];
    return path ? readFileOption(name, path) : undefined;
  });
  if (ca === undefined && cert === undefined && key === undefined) return undefined;
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}
