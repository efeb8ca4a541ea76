import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import net, { type AddressInfo } from "node:net";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { HealthCheckResponseSchema, HealthStatus, MessageResponseSchema, MessageType } from "@im-sdk/gen";
import { startImServer } from "@im-sdk/server";
import { ImClient } from "./im-client.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { Recorder } from "./test-kit/recorder.ts";
import { serve } from "./test-kit/serve.ts";

const grpcHead = { ":status": 200, "content-type": "application/grpc+proto" };

function envelope(data: Uint8Array, flags = 0, length = data.byteLength): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flags;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, data]);
}

const text = envelope(
  toBinary(
    MessageResponseSchema,
    create(MessageResponseSchema, {
      messageId: "m",
      roomId: "lobby",
      type: MessageType.TEXT,
      content: Buffer.from("hi"),
    }),
  ),
);

/** A server whose health is good and whose streams misbehave. */
function serveHostile(onStream: (response: Http2ServerResponse, request: Http2ServerRequest) => void) {
  return serve((request, response) => {
    response.stream.on("error", () => {});
    if (request.url.endsWith("/StreamMessages")) return onStream(response, request);
    const body = toBinary(
      HealthCheckResponseSchema,
      create(HealthCheckResponseSchema, { status: HealthStatus.SERVING }),
    );
    answerWell(response, envelope(body));
  });
}

function answerWell(response: Http2ServerResponse, body: Buffer): void {
  response.writeHead(200, { "content-type": "application/grpc+proto" });
  response.addTrailers({ "grpc-status": "0" });
  response.end(body);
}

const misdeeds: Record<string, (response: Http2ServerResponse) => void> = {
  "garbage frames": ({ stream }) => {
    stream.respond(grpcHead);
    stream.write(envelope(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff])));
  },
  "a truncated envelope": (response) => answerWell(response, text.subarray(0, text.byteLength - 1)),
  "an oversize message": ({ stream }) => {
    stream.respond(grpcHead);
    stream.write(envelope(Buffer.alloc(1), 0, 0x7fffffff));
  },
  "a compressed message without an encoding": ({ stream }) => {
    stream.respond(grpcHead);
    stream.write(envelope(Buffer.from("not gzip"), 1));
  },
  "a wrong content type": ({ stream }) => {
    stream.respond({ ":status": 200, "content-type": "text/html" });
    stream.end("<html></html>");
  },
  "an HTTP error": ({ stream }) => {
    stream.respond({ ":status": 503 });
    stream.end();
  },
  "no trailers": ({ stream }) => {
    stream.respond(grpcHead);
    stream.end(text);
  },
  "a reset": ({ stream }) => {
    stream.respond(grpcHead);
    stream.close(2);
  },
  "an ACK that is none": ({ stream }) => {
    stream.respond({ ...grpcHead, "im-capabilities": "ack,resume" });
    const frame = create(MessageResponseSchema, {
      messageId: "a",
      type: MessageType.ACK,
      content: Buffer.from([0xff, 0xff]),
    });
    stream.write(envelope(toBinary(MessageResponseSchema, frame)));
  },
};

for (const [name, misdeed] of Object.entries(misdeeds)) {
  test(`a server that answers with ${name} is left with an ImError for one that works`, async (t) => {
    const hostile = await serveHostile(misdeed);
    const good = await startImServer();
    const services = [hostile.address, `127.0.0.1:${good.port}`];
    const client = new ImClient({
      userId: "ann",
      defaultRoomId: "lobby",
      services,
      retryIntervalMs: 10,
      random: () => 0,
    });
    const recorder = new Recorder(client);
    t.after(async () => {
      await client.disconnect();
      await hostile[Symbol.asyncDispose]();
      await good.close();
    });
    await client.connect();
    await recorder.until((r) => r.of("connect").at(-1)?.instance?.port === good.port);
    for (const error of recorder.of("disconnect")) assert.equal(error?.name, "ImError");
    assert.equal((await client.sendTextMessage("lobby", "hello")).delivery, "acknowledged");
  });
}

test("when nothing but a hostile server is there, connect or the loss of it says what is wrong", async () => {
  const hostile = await serveHostile(({ stream }) => {
    stream.respond({ ":status": 200, "content-type": "text/html" });
    stream.end("<html></html>");
  });
  const client = new ImClient({
    userId: "ann",
    services: [hostile.address],
    maxRetries: 1,
    retryIntervalMs: 1,
    connectTimeoutMs: 2_000,
  });
  const recorder = new Recorder(client);
  await client.connect().catch(hasCode("unavailable", hostile.address, "text/html"));
  if (client.state !== "idle") await recorder.until(() => client.state === "closed" || client.state === "idle");
  const failures = [...recorder.of("disconnect"), ...recorder.of("error")];
  for (const error of failures) assert.ok(error?.message.includes("text/html"), error?.message);
  await client.disconnect();
  await hostile[Symbol.asyncDispose]();
});

test("a peer that speaks HTTP/1 or TLS, or no protocol at all, is an error of connect and nothing else", async (t) => {
  const http1 = http.createServer((_, response) => response.end("hi")).listen(0, "127.0.0.1");
  const garbage = net
    .createServer((socket) => socket.on("error", () => {}).end(Buffer.alloc(100, 7)))
    .listen(0, "127.0.0.1");
  t.after(() => {
    http1.close();
    garbage.close();
  });
  const uncaught: unknown[] = [];
  const onUncaught = (error: unknown) => uncaught.push(error);
  process.on("uncaughtException", onUncaught);
  t.after(() => process.off("uncaughtException", onUncaught));
  for (const server of [http1, garbage]) {
    if (!server.listening) await once(server, "listening");
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const tls of [false, true]) {
      const client = new ImClient({ userId: "ann", services: [address], tls, maxRetries: 1, retryIntervalMs: 5 });
      await assert.rejects(client.connect(), hasCode("unavailable", address));
      await client.disconnect();
    }
  }
  await new Promise(setImmediate);
  assert.deepEqual(uncaught, []);
});

test("an instance that says NOT_SERVING is passed over; one without HealthCheck is taken", async (t) => {
  const body = toBinary(
    HealthCheckResponseSchema,
    create(HealthCheckResponseSchema, { status: HealthStatus.NOT_SERVING, message: "warming up" }),
  );
  const sleepy = await serve(({ url }, response) => {
    if (url.endsWith("/StreamMessages")) return;
    answerWell(response, envelope(body));
  });
  const old = await serve(({ url }, response) => {
    if (url.endsWith("/StreamMessages")) return response.stream.respond(grpcHead);
    response.stream.respond({ ...grpcHead, "grpc-status": "12" }, { endStream: true });
  });
  t.after(async () => {
    await sleepy[Symbol.asyncDispose]();
    await old[Symbol.asyncDispose]();
  });
  const client = new ImClient({ userId: "ann", services: [sleepy.address, old.address], random: () => 0 });
  const recorder = new Recorder(client);
  await client.connect();
  assert.equal(recorder.of("connect")[0]?.instance?.port, old.port);
  await client.disconnect();
  const alone = new ImClient({ userId: "ann", services: [sleepy.address], maxRetries: 0 });
  await assert.rejects(alone.connect(), hasCode("unavailable", "NOT_SERVING", "warming up"));
  await alone.disconnect();
});
