import { after } from "node:test";
import { skipWithout, startConsul } from "@im-sdk/test-servers";
import { testServiceDiscovery } from "@im-sdk/testing";
import { ConsulDiscovery } from "./consul-discovery.ts";
import { ConsulApi } from "./test-kit/consul-api.ts";

const { skip } = await skipWithout("consul");
if (skip === false) {
  const consul = await startConsul();
  after(() => consul.stop());
  const api = new ConsulApi(consul.address);
  testServiceDiscovery({
    name: "ConsulDiscovery",
    async create({ serviceName, instances }) {
      await api.publish(serviceName, instances);
      return {
        discovery: new ConsulDiscovery({ address: consul.address }),
        publish: (next) => api.publish(serviceName, next),
        outage: { begin: () => consul.kill(), end: () => consul.start({ keepData: true }) },
        dispose: () => api.publish(serviceName, []),
      };
    },
  });
}
