// A server that registers itself: node server.ts <address of Consul> <its id> <its port>.
import { ConsulDiscovery } from "@im-sdk/discovery-consul";
import { startImServer } from "@im-sdk/server";

const [address = "", id = "", port = "0"] = process.argv.slice(2);
// Consul asks often here, so that a server that was killed is out of the list within a moment.
const registry = new ConsulDiscovery({ address, check: { kind: "grpc", intervalMs: 1_000, timeoutMs: 1_000 } });
const metadata = { weight: id.replace("im-", "") };
const server = await startImServer({ port: Number(port), registry, instance: { id, metadata } });
console.log(server.port);
process.stdin.resume().once("end", async () => {
  await server.drain();
  await registry.close();
});
