import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ManualClock } from "./manual-clock.ts";
import { type FaultProxyOptions, startFaultProxy } from "./start-fault-proxy.ts";

/** A line to a server through the proxy; both ends collect what they receive. */
async function setUp(t: TestContext, options: FaultProxyOptions = {}) {
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy = await startFaultProxy({ host: "127.0.0.1", port: portOf(server) }, options);
  const sockets: Socket[] = [];
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await proxy.close();
  });
  const dial = async () => {
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const client = connect({ port: proxy.port, allowHalfOpen: true });
    const [[remote]] = await Promise.all([accepted, once(client, "connect")]);
    sockets.push(client, remote);
    return { client: new End(client), remote: new End(remote) };
  };
  return { proxy, server, dial };
}

class End {
  readonly socket: Socket;
  readonly #chunks: Buffer[] = [];
  length = 0;
  ended = false;
  error: NodeJS.ErrnoException | undefined;
  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.length += chunk.length;
    });
    socket.on("end", () => {
      this.ended = true;
    });
    socket.on("error", (error) => {
      this.error = error;
    });
  }

  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

/** Waits for a state, never for a time; the runner's own timeout ends a wait in vain. */
async function until(state: () => boolean): Promise<void> {
  while (!state()) await nextTurn();
}

async function someTurns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await nextTurn();
}

function portOf(server: Server): number {
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}

test("megabytes pass in both directions unchanged, and the end of each direction by itself", async (t) => {
  const { proxy, dial } = await setUp(t);
  const { client, remote } = await dial();
  const bytes = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, index) => (index * 7) % 251));
  client.socket.end(bytes);
  await until(() => remote.ended);
  assert.ok(remote.received.equals(bytes));
  assert.equal(client.ended, false);
  remote.socket.end(bytes);
  await until(() => client.ended);
  assert.ok(client.received.equals(bytes));
  await until(() => proxy.connections === 0);
});

test("a target as text works too, and names what is wrong with it", async (t) => {
  const { proxy } = await setUp(t);
  await using second = await startFaultProxy(proxy.address);
  assert.equal(second.address, `127.0.0.1:${second.port}`);
  await assert.rejects(startFaultProxy("nowhere"), /"nowhere" is no address/);
});

test("cut resets both ends of every connection and lets new ones in", async (t) => {
  const { proxy, dial } = await setUp(t);
  const lines = [await dial(), await dial()];
  assert.equal(proxy.connections, 2);
  proxy.cut();
  for (const { client, remote } of lines) {
    await until(() => client.socket.closed && remote.socket.closed);
    assert.deepEqual([client.error?.code, remote.error?.code], ["ECONNRESET", "ECONNRESET"]);
  }
  await until(() => proxy.connections === 0);
  const { client, remote } = await dial();
  client.socket.write("again");
  await until(() => remote.length === 5);
});

for (const direction of ["up", "down"] as const) {
  test(`stall("${direction}") holds that direction only, its end included, until resume`, async (t) => {
    const { proxy, dial } = await setUp(t);
    const { client, remote } = await dial();
    const [mute, heard] = direction === "up" ? [client, remote] : [remote, client];
    proxy.stall(direction);
    mute.socket.end("held");
    await until(() => proxy.heldBytes === 4);
    heard.socket.write("flows");
    await until(() => mute.length === 5);
    await someTurns();
    assert.deepEqual([heard.length, heard.ended], [0, false]);
    proxy.resume();
    await until(() => heard.ended);
    assert.equal(heard.received.toString(), "held");
    assert.equal(proxy.heldBytes, 0);
  });
}

test("stall holds both directions by default, of new connections too", async (t) => {
  const { proxy, dial } = await setUp(t);
  proxy.stall();
  const { client, remote } = await dial();
  client.socket.write("ping");
  remote.socket.write("pong!");
  await until(() => proxy.heldBytes === 9);
  await someTurns();
  assert.deepEqual([client.length, remote.length], [0, 0]);
  proxy.resume();
  await until(() => client.length === 5 && remote.length === 4);
});

test("the reset of one end is held by a stall and arrives as a reset afterwards", async (t) => {
  const { proxy, dial } = await setUp(t);
  const { client, remote } = await dial();
  proxy.stall();
  client.socket.resetAndDestroy();
  await until(() => client.socket.closed);
  await someTurns();
  assert.equal(remote.socket.closed, false);
  proxy.resume();
  await until(() => remote.socket.closed);
  assert.equal(remote.error?.code, "ECONNRESET");
});

test("a stalled connection holds a bounded number of bytes and makes the sender wait", async (t) => {
  const maxHeldBytes = 10_000;
  const { proxy, dial } = await setUp(t, { maxHeldBytes });
  const { client, remote } = await dial();
  proxy.stall();
  const chunk = Buffer.alloc(1_000_000, 1);
  for (let written = 0; written < 32; written++) client.socket.write(chunk);
  await until(() => proxy.heldBytes >= maxHeldBytes);
  await someTurns();
  // One read of a socket is 64 KiB at the most, and the one that crosses the bound is still taken.
  assert.ok(proxy.heldBytes < maxHeldBytes + 65_536 + 1, `holds ${proxy.heldBytes} bytes`);
  assert.ok(client.socket.writableLength > 0);
  proxy.cut();
  await until(() => remote.socket.closed);
  assert.equal(proxy.heldBytes, 0);
});

test("a receiver that does not read slows the sender down instead of filling the proxy", async (t) => {
  const { proxy, dial } = await setUp(t, { maxHeldBytes: 10_000 });
  const { client, remote } = await dial();
  remote.socket.pause();
  const chunk = Buffer.alloc(1_000_000, 1);
  for (let written = 0; written < 32; written++) client.socket.write(chunk);
  await until(() => proxy.heldBytes >= 10_000);
  await someTurns();
  assert.ok(proxy.heldBytes < 10_000 + 65_536 + 1, `holds ${proxy.heldBytes} bytes`);
  remote.socket.resume();
  await until(() => client.socket.writableLength === 0 && proxy.heldBytes === 0);
});

test("delay holds every byte for its time and keeps the order", async (t) => {
  const clock = new ManualClock();
  const { proxy, dial } = await setUp(t, { clock });
  const { client, remote } = await dial();
  proxy.delay(100);
  client.socket.write("one ");
  await until(() => proxy.heldBytes === 4);
  await clock.advance(60);
  client.socket.write("two");
  await until(() => proxy.heldBytes === 7);
  await clock.advance(39);
  await someTurns();
  assert.equal(remote.received.toString(), "");
  await clock.advance(1);
  await until(() => remote.length > 0);
  await someTurns();
  assert.equal(remote.received.toString(), "one ");
  proxy.delay(0);
  await until(() => remote.length === 7);
  assert.equal(remote.received.toString(), "one two");
  assert.equal(clock.pending, 0);
});

test("throttle lets through its rate and no more, and Infinity ends it", async (t) => {
  const clock = new ManualClock();
  const { proxy, dial } = await setUp(t, { clock });
  const { client, remote } = await dial();
  proxy.throttle(1_000);
  client.socket.write(Buffer.alloc(5_000, 1));
  await until(() => proxy.heldBytes === 4_980);
  await clock.advance(999);
  await until(() => remote.length === 1_000);
  await clock.advance(1_001);
  await until(() => remote.length === 2_020);
  proxy.throttle(Infinity);
  await until(() => remote.length === 5_000);
});

test("refuse turns new connections away and accept lets them in on the same port", async (t) => {
  const { proxy, dial } = await setUp(t);
  const { client, remote } = await dial();
  const { port } = proxy;
  proxy.refuse();
  const turnedAway = connect({ port });
  const [error] = (await once(turnedAway, "error")) as [NodeJS.ErrnoException];
  assert.equal(error.code, "ECONNREFUSED");
  client.socket.write("still here");
  await until(() => remote.length === 10);
  await proxy.accept();
  assert.equal(proxy.port, port);
  await dial();
});

test("a target that is not there resets the client", async (t) => {
  const { proxy, server } = await setUp(t);
  server.close();
  await once(server, "close");
  const client = new End(connect({ port: proxy.port }));
  await until(() => client.socket.closed);
  assert.equal(client.error?.code, "ECONNRESET");
  await until(() => proxy.connections === 0);
});

test("close ends connections and timers, can be called twice, and frees the port", async (t) => {
  const clock = new ManualClock();
  const { proxy, dial } = await setUp(t, { clock });
  const { client, remote } = await dial();
  proxy.delay(1_000);
  client.socket.write("never arrives");
  await until(() => clock.pending === 1);
  await Promise.all([proxy.close(), proxy.close()]);
  assert.deepEqual([clock.pending, proxy.connections, proxy.heldBytes], [0, 0, 0]);
  await until(() => client.ended && remote.ended);
  assert.equal(remote.length, 0);
  await assert.rejects(proxy.accept(), /closed/);
  await using heir = await startFaultProxy("127.0.0.1:1", { port: proxy.port });
  assert.equal(heir.port, proxy.port);
});

test("values that make no sense are refused by name", async (t) => {
  const { proxy } = await setUp(t);
  assert.throws(() => proxy.delay(-1), /delay\(-1\)/);
  assert.throws(() => proxy.throttle(0), /throttle\(0\)/);
  await assert.rejects(startFaultProxy("127.0.0.1:1", { maxHeldBytes: 0 }), /maxHeldBytes is 0/);
});
