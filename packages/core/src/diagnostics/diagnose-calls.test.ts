import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { startImServer } from "@im-sdk/server";
import { observe } from "../test-kit/observe.ts";
import { record } from "../test-kit/record.ts";

test("calls and uploads publish their start and end, with all attempts in one", async (t) => {
  const server = await startImServer();
  t.after(() => server.close());
  const calls = observe(t, "fay", "im-sdk:call:start", "im-sdk:call:end");
  const fay = record(t, { userId: "fay", services: [`127.0.0.1:${server.port}`] });
  await fay.client.connect();
  await fay.client.joinRoom("lobby");
  await fay.client.uploadAudio("lobby", new Uint8Array(100_000), { format: "opus" });
  await assert.rejects(fay.client.service.getRoomInfo({ roomId: "" }));
  assert.deepEqual(
    calls.map(({ name, payload }) => [name.slice("im-sdk:call:".length), payload.method, payload.error?.code]),
    [
      ["start", "JoinRoom", undefined],
      ["end", "JoinRoom", undefined],
      ["start", "UploadAudio", undefined],
      ["end", "UploadAudio", undefined],
      ["start", "GetRoomInfo", "invalid_argument"],
      ["end", "GetRoomInfo", "invalid_argument"],
    ],
  );
});

test("a stream of messages is no call, on the raw service either", async (t) => {
  const server = await startImServer();
  t.after(() => server.close());
  const calls = observe(t, "kim", "im-sdk:call:start", "im-sdk:call:end");
  const kim = record(t, { userId: "kim", services: [`127.0.0.1:${server.port}`] });
  await kim.client.connect();
  const messages = kim.client.service.streamMessages(Readable.from([{ roomId: "lobby" }]));
  // The server ends it when it has heard all.
  for await (const _message of messages);
  assert.deepEqual(calls, []);
});

test("calls that are listened to at their ends alone are told, an upload that fails too, and a call once for all its tries", async (t) => {
  const server = await startImServer({ limits: { maxUploadBytes: 1_000 } });
  t.after(() => server.close());
  const ends = observe(t, "hal", "im-sdk:call:end");
  let asked = 0;
  const refuseOnce: Interceptor = (next) => async (request) => {
    if (request.method.name !== "GetRoomInfo" || ++asked > 1) return next(request);
    throw new ConnectError("not now", Code.Unavailable);
  };
  const services = [`127.0.0.1:${server.port}`];
  const hal = record(t, { userId: "hal", services, defaultRoomId: "lobby", interceptors: [refuseOnce] });
  await hal.client.connect();
  await hal.client.getRoomInfo("lobby");
  assert.equal(asked, 2);
  await assert.rejects(hal.client.uploadAudio("lobby", new Uint8Array(100_000), { format: "opus" }));
  assert.deepEqual(
    ends.map(({ payload }) => [payload.method, payload.error?.code]),
    [
      ["GetRoomInfo", undefined],
      ["UploadAudio", "resource_exhausted"],
    ],
  );
});
