import { startImServer } from "../im-server.ts";
import { connectTo } from "./test-server.ts";

// Run as a process of its own: it must end by itself once server and client are closed.
const server = await startImServer({
  rooms: { r: { idleTimeoutSeconds: 1000 } },
  limits: { slowConsumerGraceMs: 60_000 },
});
const { open, im, session } = connectTo(server.url);
const stream = open("alice");
await stream.next();
await im.joinRoom({ userId: "alice", roomId: "r" });
await server.close();
await stream.ended;
session.abort();
console.log("closed");
