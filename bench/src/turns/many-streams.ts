// Clients of one process, each with a stream of its own over a shared pool: round trips a second with so many in flight on all
// of them together, then how long a round trip takes, in µs, with one in flight on each.
import { createEndpointPool, ImClient } from "@im-sdk/core";
import { Meter, type MeterSpans, type Span } from "../measures/meter.ts";
import { quantile } from "../measures/summary.ts";
import { turn } from "./turn.ts";

export interface ManyStreamsTurn {
  readonly port: number;
  readonly streams: number;
  readonly contentBytes: number;
  readonly inFlight: number;
  readonly spans: MeterSpans;
  readonly latency: Span;
}

export interface ManyStreams {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
}

await turn(async ({ port, streams, contentBytes, inFlight, spans, latency }: ManyStreamsTurn): Promise<ManyStreams> => {
  await using pool = createEndpointPool();
  const text = "x".repeat(contentBytes);
  const failed = Promise.withResolvers<never>();
  /** What a client does when one of its messages has come back. */
  let onReturned = (_client: number) => {};
  const clients = Array.from({ length: streams }, (_, index) => {
    const options = { userId: `user-${index}`, services: [`127.0.0.1:${port}`], endpointPool: pool };
    return new ImClient({ ...options, onMessage: () => onReturned(index), onError: failed.reject });
  });
  const send = (index: number) => clients[index]?.sendTextMessage("room", text).catch(failed.reject);
  const indices = [...clients.keys()];

  /** Keeps as many in flight on each stream until `isDone`; resolves when none is under way any more. */
  const keepInFlight = (perStream: number, isDone: () => boolean, onEach: (index: number) => void) => {
    const idle = Promise.withResolvers<void>();
    let underWay = 0;
    onReturned = (index) => {
      underWay--;
      onEach(index);
      if (!isDone()) {
        underWay++;
        send(index);
      } else if (underWay === 0) idle.resolve();
    };
    for (const index of indices) {
      for (let count = 0; count < perStream; count++) {
        underWay++;
        send(index);
      }
    }
    return Promise.race([idle.promise, failed.promise]);
  };

  await Promise.all(clients.map((client) => client.connect()));
  const meter = new Meter(spans);
  await keepInFlight(
    Math.max(1, Math.floor(inFlight / streams)),
    () => meter.isDone,
    () => meter.add(1),
  );

  const startMs = performance.now();
  const sentAtMs = new Float64Array(streams).fill(startMs);
  const times: number[] = [];
  const isDone = () => times.length >= latency.count && performance.now() - startMs >= latency.ms;
  await keepInFlight(1, isDone, (index) => {
    const nowMs = performance.now();
    times.push((nowMs - (sentAtMs[index] ?? nowMs)) * 1_000);
    sentAtMs[index] = nowMs;
  });

  const rate = await meter.rate;
  await Promise.all(clients.map((client) => client.disconnect()));
  const sorted = Float64Array.from(times).sort();
  return { rate, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
});
