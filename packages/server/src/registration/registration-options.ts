import { requireInstance, type ServiceInstance, type ServiceRegistry } from "@im-sdk/contracts";
import { describe, knownKeys, numberOption } from "../options/check-option.ts";
import { advertisedAddress } from "./advertised-address.ts";

/** What a registry is told of the server, where it differs from what the server knows of itself. */
export interface AdvertisedInstance {
  /** Default: service name, address and port, such as `im-service-10.0.0.5-8083`, so that a restart takes its own place again. */
  readonly id?: string;
  /** How clients reach this machine. Default: `host`; where that means every interface, the first address of the machine. */
  readonly address?: string;
  /** How clients reach the server. Default: the port that it listens on. */
  readonly port?: number;
  readonly tags?: readonly string[];
  /** Free facts; `weight` is the server's share of connections as a decimal integer. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** How the server announces itself. */
export interface RegistrationOptions {
  /**
   * Where the server announces itself from when it listens until it drains or closes. While the registry is away the server
   * serves all the same, and is announced as soon as that is possible. Default: nowhere. Closing it stays with you.
   */
  readonly registry?: ServiceRegistry;
  /** The name to be found by. Default `im-service`. */
  readonly serviceName?: string;
  readonly instance?: AdvertisedInstance;
}

/** {@link RegistrationOptions}, checked and with the defaults filled in. */
export interface ResolvedRegistration {
  readonly registry: ServiceRegistry;
  /** What is announced of a server that listens on this port. */
  instanceAt(port: number): ServiceInstance;
}

/** Names of all {@link RegistrationOptions}. */
export const registrationOptionNames: readonly (keyof RegistrationOptions)[] = ["registry", "serviceName", "instance"];

/** Fills in the defaults; throws a RangeError or TypeError that names option, value and what is allowed. */
export function resolveRegistration(options: RegistrationOptions, host: string): ResolvedRegistration | undefined {
  const { registry, serviceName = "im-service", instance = {} } = options;
  if (typeof serviceName !== "string" || serviceName === "") {
    throw new TypeError(`serviceName is ${describe(serviceName)}: want a name, such as "im-service"`);
  }
  knownKeys("instance", instance, ["id", "address", "port", "tags", "metadata"]);
  const { id, address = advertisedAddress(host), tags = [], metadata = {} } = instance;
  if (instance.port !== undefined) numberOption("instance.port", instance.port, 0, { min: 1, max: 65_535 });
  const known = { name: serviceName, address, tags, metadata, health: "healthy" } as const;
  requireInstance({ ...known, id: id ?? serviceName, port: instance.port ?? 1 });
  if (registry === undefined) return undefined;
  if (typeof registry?.register !== "function") {
    throw new TypeError(`registry is ${describe(registry)}: want a ServiceRegistry, such as a ConsulDiscovery`);
  }
  return {
    registry,
    instanceAt(listening) {
      const port = instance.port ?? listening;
      return { ...known, id: id ?? `${serviceName}-${address}-${port}`, port };
    },
  };
}
