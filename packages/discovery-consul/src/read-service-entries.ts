import { requireInstance, type ServiceInstance } from "@im-sdk/contracts";

/** What an answer of `/v1/health/service` holds. */
export interface ServiceEntries {
  readonly instances: readonly ServiceInstance[];
  /** One sentence for each entry that is no instance: which it is and why. */
  readonly faults: readonly string[];
}

/**
 * Reads the entries of passing instances. A service without an address has that of its node. The id is unique on its agent
 * only, and Consul's default for it is the service's name: where several nodes use one id, the node's name tells them apart.
 *
 * Source: https://developer.hashicorp.com/consul/api-docs/health
 */
export function readServiceEntries(answer: readonly unknown[]): ServiceEntries {
  const entries = answer.map((entry): Entry => entry ?? {});
  const instances: ServiceInstance[] = [];
  const faults: string[] = [];
  const uses = new Map<unknown, number>();
  for (const { Service } of entries) uses.set(Service?.ID, (uses.get(Service?.ID) ?? 0) + 1);
  for (const entry of entries) {
    try {
      instances.push(toInstance(entry, uses.get(entry.Service?.ID) === 1));
    } catch (error) {
      faults.push(`"${entry.Service?.ID}" on node "${entry.Node?.Node}": ${(error as Error).message}`);
    }
  }
  return { instances, faults };
}

/** Everything may be missing: it is the word of another program. */
interface Entry {
  readonly Node?: { readonly Node?: string; readonly Address?: string } | null;
  readonly Service?: {
    readonly ID?: string;
    readonly Service?: string;
    readonly Address?: string;
    readonly Port?: number;
    readonly Tags?: readonly string[] | null;
    readonly Meta?: Readonly<Record<string, string>> | null;
  } | null;
}

function toInstance({ Node, Service }: Entry, isOnlyOne: boolean): ServiceInstance {
  const id = Service?.ID ?? "";
  return requireInstance({
    id: isOnlyOne ? id : `${id}@${Node?.Node}`,
    name: Service?.Service ?? "",
    address: Service?.Address || Node?.Address || "",
    port: Service?.Port ?? 0,
    tags: Service?.Tags ?? [],
    metadata: Service?.Meta ?? {},
    health: "healthy",
  });
}
