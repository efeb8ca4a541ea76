// Unary calls a second.
import { Meter, type MeterSpans } from "../measures/meter.ts";
import { loadPeer, type PeerName } from "../peers/load-peer.ts";
import { turn } from "./turn.ts";

export interface CallsTurn {
  readonly peer: PeerName;
  readonly port: number;
  readonly inFlight: number;
  readonly spans: MeterSpans;
}

await turn(async ({ peer, port, inFlight, spans }: CallsTurn) => {
  const { openCalls } = await loadPeer(peer);
  if (openCalls === undefined) throw new Error(`${peer} makes no calls`);
  const calls = await openCalls(port);
  const meter = new Meter(spans);
  const caller = async () => {
    while (!meter.isDone) {
      await calls.sendMessage();
      meter.add(1);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  await calls.close();
  return meter.rate;
});
