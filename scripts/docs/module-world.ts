import { ConsulDiscovery } from "@im-sdk/discovery-consul";
import { EtcdDiscovery } from "@im-sdk/discovery-etcd";
import { type ImServer, startImServer } from "@im-sdk/server";
import { PortBlock, type ServerName, startConsul, startEtcd, startNats } from "@im-sdk/test-servers";

/** What a program of the pages finds around it: real servers of its own, which it reaches by the addresses that it names. */
export interface ModuleWorld extends AsyncDisposable {
  /** The program, with the real addresses. */
  readonly code: string;
}

/** The ports by which the pages call their servers. */
const imPorts = [8083, 8084, 8085, 8086, 8087, 8088, 8089];

const usualPorts: readonly [address: string, name: ServerName][] = [
  ["localhost:8500", "consul"],
  ["localhost:2379", "etcd"],
  ["localhost:4222", "nats-server"],
];

/** The registries and the NATS that a program asks for. */
export function enginesOf(code: string): ServerName[] {
  return usualPorts.filter(([address]) => code.includes(address)).map(([, name]) => name);
}

/**
 * Starts a server for each `localhost:808x` of the code that the code does not listen on itself, and Consul, etcd or NATS for
 * their usual ports; clients find a server in the registry.
 */
export async function openModuleWorld(code: string): Promise<ModuleWorld> {
  await using opening = new AsyncDisposableStack();
  const block = opening.adopt(await PortBlock.claim(imPorts.length), (claimed) => claimed.close());
  const engines = enginesOf(code);
  const consul = engines.includes("consul") ? opening.use(await startConsul()) : undefined;
  const etcd = engines.includes("etcd") ? opening.use(await startEtcd()) : undefined;
  const nats = engines.includes("nats-server") ? opening.use(await startNats()) : undefined;
  let real = code;
  if (consul !== undefined) real = real.replaceAll("localhost:8500", consul.address);
  if (etcd !== undefined) real = real.replaceAll("localhost:2379", etcd.address);
  if (nats !== undefined) real = real.replaceAll("localhost:4222", nats.address);
  for (const [index, port] of imPorts.entries()) {
    const own = block.ports[index] ?? 0;
    const isItsOwn = new RegExp(`\\bport: ${port}\\b`).test(code);
    if (code.includes(`localhost:${port}`) && !isItsOwn) opening.use(await startServer(own));
    real = real.replaceAll(`localhost:${port}`, `127.0.0.1:${own}`).replaceAll(`port: ${port}`, `port: ${own}`);
  }
  if (code.includes("new ImClient(")) {
    if (consul !== undefined) opening.use(await startServer(0, new ConsulDiscovery({ address: consul.address })));
    if (etcd !== undefined) opening.use(await startServer(0, new EtcdDiscovery({ endpoints: [etcd.address] })));
  }
  const opened = opening.move();
  return { code: real, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function startServer(port: number, registry?: ConsulDiscovery | EtcdDiscovery): Promise<ImServer> {
  const transcribe = async () => ({ text: "hello", confidence: 0.9 });
  return startImServer({ port, transcribe, ...(registry === undefined ? {} : { registry }) });
}
