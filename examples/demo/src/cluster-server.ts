// A server of the demo's cluster: `node cluster-server.ts <etcd> <NATS> <its id> <its port>` keeps its rooms in NATS, registers in
// etcd, prints the port it listens on, and runs until its standard input closes.
import { EtcdDiscovery } from "@im-sdk/discovery-etcd";
import { startImServer } from "@im-sdk/server";
import { natsStorage } from "@im-sdk/server-nats";

const [etcd = "", nats = "", id = "", port = "0"] = process.argv.slice(2);
// A short lease, so that a server that was killed is out of the list within a moment.
const registry = new EtcdDiscovery({ endpoints: [etcd], leaseTtlSeconds: 3 });
const storage = await natsStorage({ servers: nats });
const server = await startImServer({ port: Number(port), storage, registry, instance: { id } });
console.log(server.port);
process.stdin.resume().once("end", async () => {
  await server.close();
  await registry.close();
});
