// Round trips a second on one stream; with none in flight, messages that come by themselves.
import { Meter, type MeterSpans } from "../measures/meter.ts";
import { loadPeer, type PeerName } from "../peers/load-peer.ts";
import { turn } from "./turn.ts";

export interface ThroughputTurn {
  readonly peer: PeerName;
  readonly port: number;
  readonly roomId: string;
  readonly contentBytes: number;
  readonly inFlight: number;
  readonly spans: MeterSpans;
}

await turn(async ({ peer, port, roomId, contentBytes, inFlight, spans }: ThroughputTurn) => {
  const { openStream } = await loadPeer(peer);
  const failed = Promise.withResolvers<never>();
  const settled = Promise.withResolvers<void>();
  const meter = new Meter(spans);
  let sent = 0;
  let received = 0;
  const onMessage = () => {
    received++;
    meter.add(1);
    if (sent === 0) return;
    if (!meter.isDone) stream.send(sent++);
    else if (received === sent) settled.resolve();
  };
  const stream = await openStream({ port, roomId, contentBytes, onMessage, onError: failed.reject });
  while (sent < inFlight) stream.send(sent++);
  if (sent === 0) settled.resolve();
  const rate = await Promise.race([meter.rate, failed.promise]);
  await Promise.race([settled.promise, failed.promise]);
  await stream.close();
  return rate;
});
