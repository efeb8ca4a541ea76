import { test } from "node:test";
import { RoomMembers } from "../peers/room-members.ts";
import { Program } from "../processes/program.ts";

for (const file of ["servers/reference-server.ts", "servers/adapter-server.ts"]) {
  test(`${file} sends every message to every member`, async () => {
    await using server = Program.start(file);
    const { port } = await server.next<{ port: number }>();
    const members = 7;
    await using room = await RoomMembers.open({ port, members, connections: 2 });
    await room.reachAll();
    const before = room.delivered;
    const messages = 50;
    const delivered = new Promise<void>((resolve) => {
      room.onDelivered = () => room.delivered >= before + messages * members && resolve();
    });
    for (let sent = 0; sent < messages; sent++) room.send();
    await delivered;
  });
}
