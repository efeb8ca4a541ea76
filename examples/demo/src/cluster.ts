import { fileURLToPath } from "node:url";
import { EtcdDiscovery } from "@im-sdk/discovery-etcd";
import { ServerProcess, startEtcd, startNats } from "@im-sdk/test-servers";

const script = fileURLToPath(new URL("cluster-server.ts", import.meta.url));

type Running = Awaited<ReturnType<typeof startEtcd>>;

/** An etcd, a NATS, and servers that share their rooms in it, each in a process of its own. */
export class Cluster {
  readonly servers = new Map<string, ServerProcess>();
  #etcd: Running | undefined;
  #nats: Running | undefined;

  get etcd(): Running {
    return started(this.#etcd);
  }

  get nats(): Running {
    return started(this.#nats);
  }

  async start(...ids: string[]): Promise<void> {
    [this.#etcd, this.#nats] = await Promise.all([startEtcd(), startNats()]);
    for (const id of ids) {
      const server = new ServerProcess(script, this.etcd.address, this.nats.address, id);
      this.servers.set(id, server);
      await server.start();
    }
  }

  /** A client's view of it. */
  discovery(): EtcdDiscovery {
    return new EtcdDiscovery({ endpoints: [this.etcd.address] });
  }

  /** Ends all processes. */
  async kill(): Promise<void> {
    await Promise.all([...this.servers.values()].map((server) => server.kill()));
    await Promise.all([this.#etcd?.[Symbol.asyncDispose](), this.#nats?.[Symbol.asyncDispose]()]);
  }
}

function started(server: Running | undefined): Running {
  if (server === undefined) throw new Error("the cluster has not been started");
  return server;
}
