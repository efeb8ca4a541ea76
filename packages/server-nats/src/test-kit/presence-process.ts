import { connect } from "@nats-io/transport-node";
import { NatsLink } from "../nats-link.ts";
import { createNatsPresence } from "../presence/nats-presence.ts";
import { memberOf } from "./presence-on.ts";

// A process of its own, so that a test can kill it: users in rooms, given as JSON pairs of room and user.
const [, , servers = "", leaseMs = "", pairs = "[]"] = process.argv;
const presence = await createNatsPresence(await NatsLink.open(await connect({ servers })), {
  leaseMs: Number(leaseMs),
});
for (const [roomId, userId] of JSON.parse(pairs) as [string, string][]) {
  await presence.join(roomId, memberOf(userId), 0);
}
console.log("joined");
