// Messages a second that are published to a stream of JetStream directly and acknowledged by it.
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { Meter, type MeterSpans } from "../measures/meter.ts";
import { turn } from "./turn.ts";

export interface JetStreamTurn {
  readonly servers: string;
  readonly stream: string;
  readonly inFlight: number;
  readonly spans: MeterSpans;
}

await turn(async ({ servers, stream, inFlight, spans }: JetStreamTurn) => {
  const connection = await connect({ servers });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: stream, subjects: [stream] });
  const client = jetstream(connection);
  // What a message of the room takes with all that is in it.
  const payload = new Uint8Array(200);
  const meter = new Meter(spans);
  let sent = 0;
  const publish = async () => {
    while (!meter.isDone) {
      await client.publish(stream, payload, { msgID: `${sent++}` });
      meter.add(1);
    }
  };
  const publishing = Array.from({ length: inFlight }, publish);
  const rate = await meter.rate;
  await Promise.all(publishing);
  await connection.close();
  return rate;
});
