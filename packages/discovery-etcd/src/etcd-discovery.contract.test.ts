import { after, test } from "node:test";
import { skipWithout, startEtcd } from "@im-sdk/test-servers";
import { testServiceDiscovery } from "@im-sdk/testing";
import { EtcdDiscovery } from "./etcd-discovery.ts";
import { RawEtcd } from "./test-kit/raw-etcd.ts";

const real = await skipWithout("etcd");
if (real.skip !== false) {
  test("EtcdDiscovery: ServiceDiscovery", real);
} else {
  const etcd = await startEtcd();
  after(() => etcd.stop());
  testServiceDiscovery({
    name: "EtcdDiscovery",
    async create({ serviceName, instances }) {
      const raw = new RawEtcd(etcd.address);
      await raw.publish(serviceName, instances);
      return {
        discovery: new EtcdDiscovery({ endpoints: [etcd.address] }),
        publish: (next) => raw.publish(serviceName, next),
        outage: { begin: () => etcd.kill(), end: () => etcd.start({ keepData: true }) },
        dispose: () => raw[Symbol.dispose](),
      };
    },
  });
}
