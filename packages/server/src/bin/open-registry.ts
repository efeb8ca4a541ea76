import type { ServiceRegistry } from "@im-sdk/contracts";
import type { TlsOptions } from "../options/im-server-options.ts";
import { loadPackage } from "./load-package.ts";
import { isGiven, readCertificates } from "./read-certificates.ts";

/** Where the command is told to register. */
export interface RegistryFlags {
  /** `host:port` of Consul's HTTP API. */
  readonly consul?: string;
  /** `host:port` of one or more members of etcd, with commas in between. */
  readonly etcd?: string;
}

/** Secrets and certificates, by the names under which Consul's and etcd's own commands take them from the environment. */
export interface RegistryEnvironment {
  readonly CONSUL_HTTP_TOKEN?: string | undefined;
  /** `true`: TLS, with the system's authorities unless `CONSUL_CACERT` names a file of others. */
  readonly CONSUL_HTTP_SSL?: string | undefined;
  readonly CONSUL_CACERT?: string | undefined;
  readonly CONSUL_CLIENT_CERT?: string | undefined;
  readonly CONSUL_CLIENT_KEY?: string | undefined;
  /** `user:password`. */
  readonly ETCDCTL_USER?: string | undefined;
  /** Files; any of them means TLS. */
  readonly ETCDCTL_CACERT?: string | undefined;
  readonly ETCDCTL_CERT?: string | undefined;
  readonly ETCDCTL_KEY?: string | undefined;
}

export type OpenRegistry = ServiceRegistry & AsyncDisposable;

/**
 * The registry that the flags name. Its package is loaded only then: it is not among this one's dependencies, so that who
 * embeds the server need not install it. Throws when a package is missing, a file cannot be read, or a value makes no sense.
 */
export async function openRegistry(
  { consul, etcd }: RegistryFlags,
  environment: RegistryEnvironment,
  tls: TlsOptions | undefined,
): Promise<OpenRegistry | undefined> {
  if (consul !== undefined) return openConsul(consul, environment, tls);
  return etcd === undefined ? undefined : openEtcd(etcd, environment);
}

async function openConsul(address: string, environment: RegistryEnvironment, tls: TlsOptions | undefined) {
  const {
    CONSUL_HTTP_TOKEN: token,
    CONSUL_HTTP_SSL,
    CONSUL_CACERT,
    CONSUL_CLIENT_CERT,
    CONSUL_CLIENT_KEY,
  } = environment;
  const { ConsulDiscovery } = await loadPackage(
    "--consul",
    "discovery-consul",
    () => import("@im-sdk/discovery-consul"),
  );
  const certificates = readCertificates({ CONSUL_CACERT, CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY });
  return naming("--consul", () => {
    return new ConsulDiscovery({
      address,
      ...(isGiven(token) && { token }),
      tls: certificates ?? CONSUL_HTTP_SSL === "true",
      check: checkFor(tls),
    });
  });
}

async function openEtcd(addresses: string, environment: RegistryEnvironment) {
  const { ETCDCTL_USER: user, ETCDCTL_CACERT, ETCDCTL_CERT, ETCDCTL_KEY } = environment;
  const { EtcdDiscovery } = await loadPackage("--etcd", "discovery-etcd", () => import("@im-sdk/discovery-etcd"));
  const certificates = readCertificates({ ETCDCTL_CACERT, ETCDCTL_CERT, ETCDCTL_KEY });
  return naming("--etcd", () => {
    return new EtcdDiscovery({
      endpoints: addresses.split(","),
      ...(isGiven(user) && { auth: readUser(user) }),
      tls: certificates ?? false,
    });
  });
}

/** How Consul finds out whether the server lives. Its agent has no certificate to show to one that asks for it. */
function checkFor(tls: TlsOptions | undefined) {
  if (tls?.requestClientCertificate === true) return { kind: "ttl" } as const;
  // To see that the server lives, the agent need not know who signed its certificate.
  return { kind: "grpc", useTls: tls !== undefined, skipTlsVerify: tls !== undefined } as const;
}

/** Options that a person gave by flag or environment are wrong there. */
function naming<T>(flag: string, create: () => T): T {
  try {
    return create();
  } catch (cause) {
    throw new Error(`${flag} and its environment: ${(cause as Error).message}`, { cause });
  }
}

function readUser(user: string): { username: string; password: string } {
  const colon = user.indexOf(":");
  if (colon < 1) throw new Error("ETCDCTL_USER must be user:password");
  return { username: user.slice(0, colon), password: user.slice(colon + 1) };
}
