import assert from "node:assert/strict";
import type { ServiceInstance } from "@im-sdk/contracts";

/** Consul's HTTP API as it is, to change behind a discovery's back and to look at what arrived. */
export class ConsulApi {
  readonly #base: string;
  readonly #headers: Record<string, string>;

  constructor(address: string, token?: string) {
    this.#base = `http://${address}/v1`;
    this.#headers = token === undefined ? {} : { "x-consul-token": token };
  }

  put(path: string, body?: object): Promise<void> {
    return this.#send("PUT", path, body);
  }

  delete(path: string): Promise<void> {
    return this.#send("DELETE", path);
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(this.#base + path, { headers: this.#headers });
    assert.ok(response.ok, `GET ${path}: ${response.status}`);
    return (await response.json()) as T;
  }

  /** Makes the agent hold exactly these instances of the service, without checks, which counts as passing. */
  async publish(serviceName: string, instances: readonly ServiceInstance[]): Promise<void> {
    const present = await this.get<Record<string, { Service: string }>>("/agent/services");
    for (const [id, { Service }] of Object.entries(present)) {
      if (Service === serviceName && !instances.some((instance) => instance.id === id)) await this.deregister(id);
    }
    for (const { id, name, address, port, tags, metadata } of instances) {
      await this.put("/agent/service/register", {
        ID: id,
        Name: name,
        Address: address,
        Port: port,
        Tags: tags,
        Meta: metadata,
      });
    }
  }

  deregister(id: string): Promise<void> {
    return this.put(`/agent/service/deregister/${id}`);
  }

  /** Whether the agent has the service, in whatever health. */
  async has(id: string): Promise<boolean> {
    return id in (await this.get<object>("/agent/services"));
  }

  async passingIds(serviceName: string): Promise<string[]> {
    const entries = await this.get<{ Service: { ID: string } }[]>(`/health/service/${serviceName}?passing`);
    return entries.map(({ Service }) => Service.ID).sort();
  }

  async #send(method: string, path: string, body?: object): Promise<void> {
    const response = await fetch(this.#base + path, {
      method,
      headers: this.#headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  }
}
