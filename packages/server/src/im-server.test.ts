import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectTcp } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Code } from "@connectrpc/connect";
import { HealthStatus, MessageType } from "@im-sdk/gen";
import { HealthCheckResponse_ServingStatus as Status } from "@im-sdk/gen/grpc/health/v1/health_pb.js";
import { startImServer } from "./im-server.ts";
import { FakeClock } from "./test-kit/fake-clock.ts";
import { envelope, RawStream } from "./test-kit/raw-stream.ts";
import { refusedWith, startTestServer } from "./test-kit/test-server.ts";

test("a wrong option is refused with its name, its value and what is allowed", async () => {
  const wrong: [object, RegExp][] = [
    [{ port: 70_000 }, /port is 70000: want a whole number from 0 to 65535/],
    [{ prot: 1 }, /prot is 1, but there is no such option/],
    [{ limits: { maxQueueMessages: 0 } }, /limits\.maxQueueMessages is 0: want a whole number of at least 1/],
    [{ limits: { maxQueue: 1 } }, /limits\.maxQueue is 1, but there is no such option/],
    [{ retention: { ttlMs: "1s" } }, /retention\.ttlMs is 1s/],
    [{ rooms: { a: { maxUsers: -1 } } }, /rooms\.a\.maxUsers is -1/],
    [{ rooms: { a: { mutedUsers: "bob" } } }, /rooms\.a\.mutedUsers is "bob": want an array/],
    [{ capabilities: ["fly"] }, /capabilities has "fly": want any of ack, resume/],
    [{ publicUrl: "im.test" }, /publicUrl is "im.test": want an http or https URL/],
    [{ authenticate: "yes" }, /authenticate is "yes": want a function/],
    [{ tls: { key: 1, cert: "" } }, /tls\.key is 1: want PEM/],
    [{ host: "" }, /host is ""/],
  ];
  for (const [options, message] of wrong) await assert.rejects(startImServer(options), message);
});

test("a port that is taken rejects with Node's error", async () => {
  await using kit = await startTestServer();
  await assert.rejects(startImServer({ port: kit.server.port }), { code: "EADDRINUSE" });
});

test("both health services say serving for the server and its services, and know no others", async () => {
  await using kit = await startTestServer();
  const { im, health } = kit.connect();
  for (const service of ["", "im.v1.IMService", "grpc.health.v1.Health"]) {
    assert.equal((await im.healthCheck({ service })).status, HealthStatus.SERVING);
    assert.equal((await health.check({ service })).status, Status.SERVING);
  }
  assert.equal((await im.healthCheck({ service: "x" })).status, HealthStatus.SERVICE_UNKNOWN);
  await assert.rejects(health.check({ service: "x" }), refusedWith(Code.NotFound));
  for await (const { status } of health.watch({ service: "x" })) {
    assert.equal(status, Status.SERVICE_UNKNOWN);
    break;
  }
});

test("a drain tells watchers and streams, sends GOAWAY, and waits for streams to end", async () => {
  await using kit = await startTestServer();
  const connection = kit.connect();
  const stream = connection.open("alice");
  await stream.next(MessageType.HEARTBEAT);
  const plain = kit.connect().openPlain("bob", "r");
  await plain.nextSystem();
  const watch = kit.connect().health.watch({})[Symbol.asyncIterator]();
  assert.equal((await watch.next()).value?.status, Status.SERVING);
  const idle = connectHttp2(kit.server.url);
  const goaway = once(idle, "goaway");
  await once(idle, "connect");

  const drained = kit.server.drain();
  assert.equal((await watch.next()).value?.status, Status.NOT_SERVING);
  assert.equal((await watch.next()).done, true);
  assert.equal((await stream.nextSystem()).eventType, "server_draining");
  assert.equal((await goaway)[0], 0);
  await assert.rejects(once(connectTcp(kit.server.port, "127.0.0.1"), "connect"), { code: "ECONNREFUSED" });

  stream.text("r", "last words", { messageId: "m", ackRequired: true });
  assert.equal((await stream.nextAck()).success, true);
  assert.equal(await plain.nextText(), "last words");
  stream.halfClose();
  plain.halfClose();
  assert.deepEqual([await stream.ended, await plain.ended], [undefined, undefined]);
  await drained;
  assert.equal(plain.received.filter(({ type }) => type === MessageType.SYSTEM).length, 1);
});

test("streams that are left when the drain's time is up end with UNAVAILABLE", async () => {
  const clock = new FakeClock();
  await using kit = await startTestServer({ clock });
  const stream = kit.connect().open("alice");
  await stream.next();
  const drained = kit.server.drain({ timeoutMs: 1000 });
  await stream.nextSystem();
  clock.advance(1000);
  assert.equal((await stream.ended)?.code, Code.Unavailable);
  await drained;
  assert.equal(clock.pendingTimers, 0);
});

test("close ends streams with UNAVAILABLE, at once, as often as it is called", async () => {
  await using kit = await startTestServer();
  const streams = [kit.connect().open("alice"), kit.connect().openPlain("bob", "r")];
  for (const stream of streams) await stream.next();
  await Promise.all([kit.server.close(), kit.server.drain(), kit.server.close()]);
  for (const stream of streams) assert.equal((await stream.ended)?.code, Code.Unavailable);
  await assert.rejects(kit.connect().im.healthCheck({}), refusedWith(Code.Unavailable));
});

test("the process ends by itself after close", async () => {
  const script = fileURLToPath(new URL("./test-kit/exits-after-close.ts", import.meta.url));
  const child = spawn(process.execPath, [script]);
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  assert.deepEqual([output, code], ["closed\n", 0]);
});

test("a client that keeps its side open after an error does not keep the stream", async () => {
  await using kit = await startTestServer();
  using raw = new RawStream(kit.server.url, { "user-id": "alice" });
  const closed = once(raw.stream, "close");
  raw.send({ userId: "bob", roomId: "r", type: MessageType.TEXT });
  raw.stream.resume();
  assert.equal((await raw.trailers)["grpc-status"], String(Code.PermissionDenied));
  await closed;
});

test("a session that answers no ping is destroyed", async () => {
  const clock = new FakeClock();
  await using kit = await startTestServer({ clock, limits: { keepaliveMs: 1000 } });
  // Speaks HTTP/2 as far as the preface and empty settings, and then no more.
  const silent = connectTcp(kit.server.port, "127.0.0.1");
  silent.write(
    Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])]),
  );
  await once(silent, "data");
  const closed = once(silent, "close");
  silent.resume();
  clock.advance(1000);
  clock.advance(1000);
  await closed;
});

test("hostile clients do no harm", async (t) => {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", onUnhandled);
  t.after(() => process.off("unhandledRejection", onUnhandled));
  await using kit = await startTestServer();
  const { url, port } = kit.server;

  for (const garbage of [
    "GET / HTTP/1.1\r\n\r\n",
    "\x16\x03\x01\x02\x00",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nxxxxxxxxxxxxxxxxxx",
  ]) {
    const socket = connectTcp(port, "127.0.0.1");
    socket.on("error", () => {});
    const closed = once(socket, "close");
    socket.end(garbage);
    socket.resume();
    await closed;
  }

  using invalid = new RawStream(url, { "user-id": "alice" });
  invalid.stream.write(envelope(Buffer.from([0xff, 0xff, 0xff])));
  invalid.stream.resume();
  assert.equal((await invalid.trailers)["grpc-status"], String(Code.Internal));

  using huge = new RawStream(url, { "user-id": "alice" });
  huge.stream.write(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]));
  huge.stream.resume();
  assert.equal((await huge.trailers)["grpc-status"], String(Code.ResourceExhausted));

  using nonsense = new RawStream(url, { ":authority": "a b c" });
  await new Promise((resolve) => nonsense.stream.on("close", resolve));

  using reset = new RawStream(url, { "user-id": "alice", "room-id": "r" });
  reset.send({ roomId: "r", type: MessageType.TEXT });
  await once(reset.stream, "response");
  reset.session.destroy();

  const { im } = kit.connect();
  assert.equal((await im.healthCheck({})).status, HealthStatus.SERVING);
  let users = (await im.getRoomInfo({ roomId: "r" })).users;
  while (users.length > 0) users = (await im.getRoomInfo({ roomId: "r" })).users;
  await new Promise(setImmediate);
  assert.deepEqual(unhandled, []);
});

test("the authority of an IPv6 address is understood with and without its brackets", async () => {
  await using server = await startImServer({ host: "::1" });
  for (const authority of [`[::1]:${server.port}`, `::1:${server.port}`]) {
    const session = connectHttp2(server.url);
    const call = session.request({
      ":method": "POST",
      ":path": "/im.v1.IMService/HealthCheck",
      ":authority": authority,
      "content-type": "application/grpc+proto",
    });
    call.end(Buffer.alloc(5));
    const [headers] = await once(call, "response");
    assert.equal(headers[":status"], 200);
    session.destroy();
  }
});
