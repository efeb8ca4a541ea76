// Servers that register themselves in Consul, and clients that find them there: one for each balancer, a server killed, one added.
//
//   node examples/consul-app/src/consul-app.ts
//
// CONSUL_ADDRESS is that of a Consul which runs on this machine; by default one is started, and ended with the example.
import { fileURLToPath } from "node:url";
import { ConsulDiscovery } from "@im-sdk/discovery-consul";
import { playFleet } from "@im-sdk/example-kit";
import { ServerProcess, startConsul } from "@im-sdk/test-servers";

const given = process.env.CONSUL_ADDRESS;
await using started = given === undefined ? await startConsul() : undefined;
const address = given ?? started?.address ?? "";
const script = fileURLToPath(new URL("server.ts", import.meta.url));

await playFleet({
  registry: `Consul at ${address}`,
  createServer: (id) => new ServerProcess(script, address, id),
  createDiscovery: () => new ConsulDiscovery({ address }),
  print: console.log,
});
