// Deliveries a second of one room: one sender, and members who count what comes without decoding it.
import { Meter, type MeterSpans } from "../measures/meter.ts";
import { RoomMembers } from "../peers/room-members.ts";
import { turn } from "./turn.ts";

export interface FanOutTurn {
  readonly port: number;
  readonly members: number;
  /** HTTP/2 connections that the members share. */
  readonly connections: number;
  /** Messages that not every member has, on average. */
  readonly inFlight: number;
  readonly spans: MeterSpans;
}

await turn(async ({ port, members, connections, inFlight, spans }: FanOutTurn) => {
  await using room = await RoomMembers.open({ port, members, connections });
  await room.reachAll();
  const meter = new Meter(spans);
  let wanted = room.delivered;
  const fill = () => {
    while (!meter.isDone && wanted - room.delivered < inFlight * members) {
      room.send();
      wanted += members;
    }
  };
  room.onDelivered = (count) => {
    meter.add(count);
    fill();
  };
  fill();
  return await meter.rate;
});
