// Servers that register themselves in etcd, and clients that find them there: one for each balancer, a server killed, one added.
//
//   node examples/etcd-app/src/etcd-app.ts
//
// ETCD_ADDRESS is that of an etcd which runs on this machine; by default one is started, and ended with the example.
import { fileURLToPath } from "node:url";
import { EtcdDiscovery } from "@im-sdk/discovery-etcd";
import { playFleet } from "@im-sdk/example-kit";
import { ServerProcess, startEtcd } from "@im-sdk/test-servers";

const given = process.env.ETCD_ADDRESS;
await using started = given === undefined ? await startEtcd() : undefined;
const address = given ?? started?.address ?? "";
const script = fileURLToPath(new URL("server.ts", import.meta.url));

await playFleet({
  registry: `etcd at ${address}`,
  createServer: (id) => new ServerProcess(script, address, id),
  createDiscovery: () => new EtcdDiscovery({ endpoints: [address] }),
  print: console.log,
});
