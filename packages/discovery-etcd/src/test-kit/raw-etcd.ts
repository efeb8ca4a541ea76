import type { ServiceInstance } from "@im-sdk/contracts";
import { Etcd3, type IOptions } from "etcd3";

/** etcd as another program sees it: reads and writes entries behind the back of the discovery under test. */
export class RawEtcd implements Disposable {
  readonly client: Etcd3;

  constructor(address: string, options: Omit<IOptions, "hosts"> = {}) {
    this.client = new Etcd3({ hosts: address, ...options });
  }

  /** Writes an entry as a service in Go would. */
  async put(instance: ServiceInstance): Promise<void> {
    await this.write(keyOf(instance.name, instance.id), JSON.stringify(instance));
  }

  async write(key: string, value: string): Promise<void> {
    await this.client.put(key).value(value);
  }

  async delete(key: string): Promise<void> {
    await this.client.delete().key(key);
  }

  /** Keys and values of a service. */
  entries(serviceName: string): Promise<Record<string, string>> {
    return this.client.getAll().prefix(keyOf(serviceName, "")).strings();
  }

  /** The lease an entry is under; "0" is none. */
  async leaseOf(key: string): Promise<string> {
    const { kvs } = await this.client.kv.range({ key: Buffer.from(key) });
    return kvs[0]?.lease ?? "0";
  }

  /** Makes etcd hold exactly these instances of the service. */
  async publish(serviceName: string, instances: readonly ServiceInstance[]): Promise<void> {
    const keep = new Set(instances.map(({ id }) => keyOf(serviceName, id)));
    for (const instance of instances) await this.put(instance);
    for (const key of Object.keys(await this.entries(serviceName))) if (!keep.has(key)) await this.delete(key);
  }

  [Symbol.dispose](): void {
    this.client.close();
  }
}

export function keyOf(serviceName: string, id: string): string {
  return `/services/${serviceName}/${id}`;
}
