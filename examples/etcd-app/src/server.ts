// A server that registers itself: node server.ts <address of etcd> <its id> <its port>.
import { EtcdDiscovery } from "@im-sdk/discovery-etcd";
import { startImServer } from "@im-sdk/server";

const [address = "", id = "", port = "0"] = process.argv.slice(2);
// A short lease, so that a server that was killed is out of the list within a moment.
const registry = new EtcdDiscovery({ endpoints: [address], leaseTtlSeconds: 3 });
const metadata = { weight: id.replace("im-", "") };
const server = await startImServer({ port: Number(port), registry, instance: { id, metadata } });
console.log(server.port);
process.stdin.resume().once("end", async () => {
  await server.drain();
  await registry.close();
});
