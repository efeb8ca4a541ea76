import type { RegistryError } from "@im-sdk/contracts";
import type { ResolvedConsulDiscoveryOptions } from "./consul-discovery-options.ts";
import { type ConsulAnswer, ConsulDriver, type ConsulRequest } from "./consul-driver.ts";
import { filteredError, refusedError, unreadableError } from "./consul-failures.ts";

/** The passing entries of a service, and the index to wait for the next change with. */
export interface PassingEntries {
  readonly entries: readonly unknown[];
  readonly index: string | string[] | undefined;
}

type Need = ConsulRequest & { readonly permission: string };

/**
 * The few things that are asked of Consul. Each throws a RegistryError when Consul does not do it, the signal's reason when that
 * aborts, and takes no longer than `requestTimeoutMs`, a blocking query beyond what it was asked to wait.
 */
export class ConsulClient {
  readonly #options: ResolvedConsulDiscoveryOptions;
  readonly #driver: ConsulDriver;

  constructor(options: ResolvedConsulDiscoveryOptions) {
    this.#options = options;
    this.#driver = new ConsulDriver(options);
  }

  get registry(): string {
    return this.#driver.registry;
  }

  /**
   * The passing instances of a service; with an index, once they are newer than that or the wait is over, which Consul
   * prolongs by up to a sixteenth.
   *
   * Source: https://developer.hashicorp.com/consul/api-docs/health
   */
  async passing(serviceName: string, index: bigint, signal: AbortSignal): Promise<PassingEntries> {
    const { datacenter, tag, waitMs, requestTimeoutMs } = this.#options;
    const blocks = index > 0n;
    // Other reads are answered by a leader that has just come up before it has read its own log: with an empty list.
    const how = blocks ? { index: `${index}`, wait: `${waitMs}ms` } : { consistent: "1" };
    const need: Need = {
      method: "GET",
      path: "/health/service/{serviceName}",
      params: { serviceName },
      query: { passing: "1", dc: datacenter, tag, ...how },
      what: `list the instances of "${serviceName}"`,
      permission: `service:read on "${serviceName}" and node:read`,
      timeoutMs: blocks ? waitMs + waitMs / 16 + requestTimeoutMs : requestTimeoutMs,
    };
    const answer = await this.#driver.send(need, signal);
    if (answer.status !== 200) throw this.#refused(need, answer);
    if (answer.headers["x-consul-results-filtered-by-acls"] === "true") {
      throw filteredError(this.registry, need.what, need.permission);
    }
    // An empty body comes as none.
    if (!Array.isArray(answer.body)) throw unreadableError(this.registry, need.what);
    return { entries: answer.body, index: answer.headers["x-consul-index"] };
  }

  /** Source: https://developer.hashicorp.com/consul/api-docs/agent/service */
  async register(id: string, definition: object, signal: AbortSignal): Promise<void> {
    const need = {
      ...this.#agentCall("PUT", "/agent/service/register", id, "register", "service:write"),
      query: { "replace-existing-checks": "true" },
      body: definition,
    };
    const answer = await this.#driver.send(need, signal);
    if (answer.status !== 200) throw this.#refused(need, answer);
  }

  /** Whether the agent has a service of this id. */
  async has(id: string, signal: AbortSignal): Promise<boolean> {
    const need = this.#agentCall("GET", "/agent/service/{id}", id, "look for", "service:read");
    const answer = await this.#driver.send(need, signal);
    if (answer.status === 200 || answer.status === 404) return answer.status === 200;
    throw this.#refused(need, answer);
  }

  /** Passes the TTL check; false when the agent has no such check, which old versions answer with 500. */
  async pass(checkId: string, signal: AbortSignal): Promise<boolean> {
    const need = this.#agentCall("PUT", "/agent/check/pass/{id}", checkId, "pass the check", "service:write");
    const answer = await this.#driver.send(need, signal);
    if (answer.status === 404 || answer.status === 500) return false;
    if (answer.status !== 200) throw this.#refused(need, answer);
    return true;
  }

  /** Done also when the agent has no service of this id, which versions answer with 200, 404 or 500. */
  async deregister(id: string, signal: AbortSignal): Promise<void> {
    const need = this.#agentCall("PUT", "/agent/service/deregister/{id}", id, "deregister", "service:write");
    const answer = await this.#driver.send(need, signal);
    if (answer.status === 200) return;
    if ((answer.status === 404 || answer.status === 500) && !(await this.has(id, signal))) return;
    throw this.#refused(need, answer);
  }

  close(): void {
    this.#driver.close();
  }

  #agentCall(method: "GET" | "PUT", path: string, id: string, verb: string, permission: string): Need {
    const timeoutMs = this.#options.requestTimeoutMs;
    return { method, path, params: { id }, what: `${verb} "${id}"`, permission, timeoutMs };
  }

  #refused({ what, permission }: Need, { status, body }: ConsulAnswer): RegistryError {
    return refusedError({ registry: this.registry, status, body, what, permission });
  }
}
