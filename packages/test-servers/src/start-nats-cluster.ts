import { LocalServer } from "./local-server.ts";
import { PortBlock } from "./port-block.ts";
import type { RunningServer } from "./running-server.ts";
import { type NatsOptions, natsPlan } from "./start-nats.ts";

/** Three NATS servers that are one cluster. */
export interface NatsCluster extends AsyncDisposable {
  /** Each can be killed, started again and frozen by itself; in NATS their names are `n0`, `n1` and `n2`. */
  readonly servers: readonly RunningServer[];
  /** Ends all of them for good, and removes their data. */
  stop(): Promise<void>;
}

const size = 3;

/**
 * Starts a cluster of three NATS servers with JetStream, each of which keeps its data on disk. Done when all of them know who leads.
 * One that is started again is ready when it has caught up, for which another has to run: when all are dead, start two at once.
 *
 * @throws ServerUnavailableError when there is no nats-server; an Error with its last words when one does not come up.
 */
export async function startNatsCluster(options: NatsOptions = {}): Promise<NatsCluster> {
  const block = await PortBlock.claim(size);
  const starting = block.ports.map((routePort, index) => {
    const otherRoutePorts = block.ports.filter((port) => port !== routePort);
    return LocalServer.start(natsPlan(options, { name: `n${index}`, routePort, otherRoutePorts }));
  });
  const stop = async () => {
    for (const { value } of (await Promise.allSettled(starting)) as { value?: LocalServer }[]) await value?.stop();
    await block.close();
  };
  try {
    return { servers: await Promise.all(starting), stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
