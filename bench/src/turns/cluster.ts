// Messages acknowledged and deliveries a second of one room, whose members are clients of one server or of several.
import { createEndpointPool, ImClient } from "@im-sdk/core";
import { Meter, type MeterSpans } from "../measures/meter.ts";
import { turn } from "./turn.ts";

export interface ClusterTurn {
  readonly ports: readonly number[];
  readonly members: number;
  /** How many of the members send. */
  readonly senders: number;
  /** Messages of a sender that are not acknowledged. */
  readonly inFlight: number;
  readonly spans: MeterSpans;
}

export interface ClusterRates {
  readonly messages: number;
  readonly deliveries: number;
}

const text = "x".repeat(100);

await turn(async ({ ports, members, senders, inFlight, spans }: ClusterTurn): Promise<ClusterRates> => {
  const endpointPool = createEndpointPool();
  const messages = new Meter(spans);
  const deliveries = new Meter(spans);
  const clients = Array.from({ length: members }, (_, index) => {
    const port = ports[index % ports.length];
    return new ImClient({ userId: `${index}`, defaultRoomId: "room", services: [`127.0.0.1:${port}`], endpointPool });
  });
  for (const client of clients) client.on("message", ({ type }) => type === "text" && deliveries.add(1));
  await Promise.all(clients.map((client) => client.connect()));
  const talk = async (client: ImClient) => {
    while (!messages.isDone || !deliveries.isDone) {
      await client.sendTextMessage("room", text);
      messages.add(1);
    }
  };
  const talking = clients.slice(0, senders).flatMap((client) => Array.from({ length: inFlight }, () => talk(client)));
  const rates = { messages: await messages.rate, deliveries: await deliveries.rate };
  await Promise.all(talking);
  await Promise.all(clients.map((client) => client.disconnect()));
  await endpointPool.close();
  return rates;
});
