import type { ServiceRegistry } from "@im-sdk/contracts";
import type { TlsOptions } from "../options/im-server-options.ts";

/** Where the command is told to register. */
export interface RegistryFlags {
  /** `host:port` of Consul's HTTP API. */
  readonly consul?: string;
  /** `host:port` of one or more members of etcd, with commas in between. */
  readonly etcd?: string;
}

/** What the command line must not hold, as Consul's and etcd's own commands take it. */
export interface RegistrySecrets {
  readonly CONSUL_HTTP_TOKEN?: string | undefined;
  /** `user:password`. */
  readonly ETCDCTL_USER?: string | undefined;
}

export type OpenRegistry = ServiceRegistry & AsyncDisposable;

/**
 * The registry that the flags name. Its package is loaded only then: it is not among this one's dependencies, so that who
 * embeds the server need not install it. Throws when both are named, a package is missing, or an address makes no sense.
 */
export async function openRegistry(
  { consul, etcd }: RegistryFlags,
  { CONSUL_HTTP_TOKEN: token, ETCDCTL_USER: user }: RegistrySecrets,
  tls: TlsOptions | undefined,
): Promise<OpenRegistry | undefined> {
  if (consul !== undefined && etcd !== undefined) throw new Error("--consul and --etcd exclude each other: give one");
  if (consul !== undefined) {
    const { ConsulDiscovery } = await load("--consul", "discovery-consul", () => import("@im-sdk/discovery-consul"));
    return new ConsulDiscovery({
      address: consul,
      ...(token !== undefined && token !== "" && { token }),
      check: checkFor(tls),
    });
  }
  if (etcd === undefined) return undefined;
  const { EtcdDiscovery } = await load("--etcd", "discovery-etcd", () => import("@im-sdk/discovery-etcd"));
  return new EtcdDiscovery({
    endpoints: etcd.split(","),
    ...(user !== undefined && user !== "" && { auth: readUser(user) }),
  });
}

/** How Consul finds out whether the server lives. Its agent has no certificate to show to one that asks for it. */
function checkFor(tls: TlsOptions | undefined) {
  if (tls?.requestClientCertificate === true) return { kind: "ttl" } as const;
  // To see that the server lives, the agent need not know who signed its certificate.
  return { kind: "grpc", useTls: tls !== undefined, skipTlsVerify: tls !== undefined } as const;
}

async function load<T>(flag: string, name: string, importIt: () => Promise<T>): Promise<T> {
  try {
    return await importIt();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new Error(`${flag} needs a package that is not here: npm install @im-sdk/${name}`, { cause });
  }
}

function readUser(user: string): { username: string; password: string } {
  const colon = user.indexOf(":");
  if (colon < 1) throw new Error("ETCDCTL_USER must be user:password");
  return { username: user.slice(0, colon), password: user.slice(colon + 1) };
}
