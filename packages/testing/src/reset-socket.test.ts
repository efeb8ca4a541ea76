import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { resetSocket } from "./reset-socket.ts";

/** Two ends of a connection. */
async function pair(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const near = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  const [[far]] = (await Promise.all([once(server, "connection"), once(near, "connect")])) as [[Socket], unknown];
  server.close();
  return { near: near.resume(), far: far.resume() };
}

test("the other side of a connection that is reset is told so", async () => {
  const { near, far } = await pair();
  const closed = once(near, "close");
  resetSocket(near);
  await assert.rejects(once(far, "end"), { code: "ECONNRESET" });
  await closed;
});

test("a connection that is being ended is closed without an error, and can still be let go of", async () => {
  const { near, far } = await pair();
  const ended = once(far, "end");
  const closed = once(near, "close");
  near.end();
  resetSocket(near);
  await closed;
  await ended;
  far.destroy();
});
