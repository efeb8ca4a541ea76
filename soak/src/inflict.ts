import type { FaultProxy } from "@im-sdk/testing";
import type { NetworkTrouble, ServerTrouble } from "./fault-plan.ts";
import type { Seat } from "./fleet.ts";
import type { ServerProcess } from "./server-process.ts";

/** What the end of a trouble waits for. */
export interface Hold {
  /** As much traffic as was planned. */
  readonly traffic: () => Promise<void>;
  /** All of these clients have lost their connections. */
  readonly noticed: (seats: readonly Seat[]) => Promise<void>;
}

/** Troubles a client's way to its server, for a while. */
export async function inflictOnNetwork(trouble: NetworkTrouble, seat: Seat, hold: Hold): Promise<void> {
  const { proxy } = seat;
  switch (trouble.kind) {
    case "cut":
      return proxy.cut();
    case "stall":
      proxy.stall(trouble.direction);
      await (trouble.untilNoticed ? hold.noticed([seat]) : hold.traffic());
      return proxy.resume();
    case "delay":
      proxy.delay(trouble.ms);
      await hold.traffic();
      return proxy.delay(0);
    case "throttle":
      proxy.throttle(trouble.bytesPerSecond);
      await hold.traffic();
      return proxy.throttle(Number.POSITIVE_INFINITY);
    case "refuse":
      return refuse(proxy, hold);
  }
}

/** Troubles a server; it runs again afterwards, on the same port and folder. */
export async function inflictOnServer(
  trouble: ServerTrouble,
  server: ServerProcess,
  seats: readonly Seat[],
  hold: Hold,
): Promise<void> {
  switch (trouble.kind) {
    case "kill":
      await kill(server, trouble.deaf === undefined ? undefined : seats[trouble.deaf], hold);
      return server.start();
    case "drain":
      await server.drain();
      return server.start();
    case "freeze":
      server.freeze();
      await (trouble.untilNoticed ? hold.noticed(seats) : hold.traffic());
      if (!trouble.thenKill) return server.thaw();
      await server.kill();
      await server.start();
  }
}

/** What a deaf client was not told goes with its connection: acknowledgements too. */
async function kill(server: ServerProcess, deaf: Seat | undefined, hold: Hold): Promise<void> {
  deaf?.proxy.stall("down");
  if (deaf !== undefined) await hold.traffic();
  await server.kill();
  deaf?.proxy.cut();
  deaf?.proxy.resume();
}

/** Without a cut nobody would come to be refused. */
async function refuse(proxy: FaultProxy, hold: Hold): Promise<void> {
  proxy.refuse();
  proxy.cut();
  await hold.traffic();
  await proxy.accept();
}
