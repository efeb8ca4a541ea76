import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { create, fromBinary, type Message } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import {
  AckContentSchema,
  GetRoomInfoRequestSchema,
  type GetRoomInfoResponse,
  HealthCheckRequestSchema,
  type HealthCheckResponse,
  IMService,
  JoinRoomRequestSchema,
  type JoinRoomResponse,
  LeaveRoomRequestSchema,
  ListMessagesRequestSchema,
  type ListMessagesResponse,
  type MessageRequest,
  MessageRequestSchema,
  type MessageResponse,
  MessageType,
  SendMessageRequestSchema,
  type SendMessageResponse,
  TranscriptRequestSchema,
  type TranscriptResponse,
  UploadAudioRequestSchema,
  type UploadAudioResponse,
} from "@im-sdk/gen";
import {
  Health,
  HealthCheckRequestSchema as StandardHealthCheckRequestSchema,
} from "@im-sdk/gen/grpc/health/v1/health_pb.js";
import { startImServer } from "@im-sdk/server";
import { grpcJsDefinition } from "../test-kit/grpc-js-definition.ts";

async function setup(t: TestContext) {
  const server = await startImServer({ transcribe: async () => ({ text: "hello", confidence: 1 }) });
  const Client = grpc.makeGenericClientConstructor(grpcJsDefinition(IMService), "IMService");
  const client = new Client(`127.0.0.1:${server.port}`, grpc.credentials.createInsecure());
  t.after(async () => {
    client.close();
    await server.close();
  });

  function call<Response extends Message>(name: string, request: Message): Promise<Response> {
    const method = client[name] as (
      request: Message,
      callback: (error: Error | null, response: Response) => void,
    ) => void;
    return promisify(method.bind(client))(request) as Promise<Response>;
  }

  function open(headers: Record<string, string>) {
    const metadata = new grpc.Metadata();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    const method = client.streamMessages as (
      metadata: grpc.Metadata,
    ) => grpc.ClientDuplexStream<MessageRequest, MessageResponse>;
    const stream = method.call(client, metadata);
    const frames: MessageResponse[] = [];
    stream.on("data", (frame: MessageResponse) => frames.push(frame));
    stream.on("error", () => {});
    const until = async (condition: () => boolean) => {
      while (!condition()) await once(stream, "data");
    };
    return { stream, frames, until };
  }
  return { server, client, call, open };
}

function text(messageId: string, content: string, more: { ackRequired?: boolean } = {}): MessageRequest {
  return create(MessageRequestSchema, {
    messageId,
    userId: "go",
    roomId: "lobby",
    type: MessageType.TEXT,
    content: Buffer.from(content),
    ...more,
  });
}

test("a plain grpc-js client chats, and gets nothing that it did not ask for", async (t) => {
  const { open, call } = await setup(t);
  const { stream, frames, until } = open({ "user-id": "go", "room-id": "lobby" });
  stream.write(text("m1", "hello", { ackRequired: true }));
  await until(() => frames.some(({ type }) => type === MessageType.TEXT));
  stream.write(
    create(MessageRequestSchema, { userId: "go", type: MessageType.HEARTBEAT, content: Buffer.from("ping") }),
  );
  stream.write(text("m2", "again"));
  await until(() => frames.filter(({ type }) => type === MessageType.TEXT).length === 2);
  assert.deepEqual(
    frames
      .filter(({ type }) => type === MessageType.TEXT)
      .map(({ messageId, sequence, epoch }) => [messageId, sequence, epoch]),
    [
      ["m1", 0n, ""],
      ["m2", 0n, ""],
    ],
  );
  assert.ok(frames.every(({ type }) => type === MessageType.TEXT || type === MessageType.SYSTEM));
  const joined = await call<JoinRoomResponse>(
    "joinRoom",
    create(JoinRoomRequestSchema, { userId: "go", roomId: "second" }),
  );
  assert.deepEqual(joined.onlineUsers, ["go"]);
  await call(
    "sendMessage",
    create(SendMessageRequestSchema, {
      userId: "go",
      roomId: "second",
      type: MessageType.TEXT,
      content: Buffer.from("x"),
    }),
  );
  await until(() => frames.some(({ roomId, type }) => roomId === "second" && type === MessageType.TEXT));
  stream.end();
  await once(stream, "end");
});

test("a grpc-js client that negotiates gets acknowledgements and positions", async (t) => {
  const { open } = await setup(t);
  const { stream, frames, until } = open({ "user-id": "go", "room-id": "lobby", "im-capabilities": "ack, resume" });
  const [metadata] = (await once(stream, "metadata")) as [grpc.Metadata];
  assert.match(String(metadata.get("im-capabilities")[0]), /ack.*resume|resume.*ack/);
  stream.write(text("m1", "hello", { ackRequired: true }));
  await until(
    () => frames.some(({ type }) => type === MessageType.ACK) && frames.some(({ type }) => type === MessageType.TEXT),
  );
  const ack = frames.find(({ type }) => type === MessageType.ACK);
  const content = fromBinary(AckContentSchema, ack?.content ?? new Uint8Array());
  assert.deepEqual([content.originalMessageId, content.success, content.sequence], ["m1", true, 1n]);
  assert.equal(frames.find(({ type }) => type === MessageType.TEXT)?.epoch, content.epoch);
  stream.end();
  await once(stream, "end");
});

test("every unary RPC and the upload work from a grpc-js client", async (t) => {
  const { call, client } = await setup(t);
  const user = { userId: "go", roomId: "lobby" };
  assert.equal((await call<JoinRoomResponse>("joinRoom", create(JoinRoomRequestSchema, user))).status?.code, 0);
  const request = create(SendMessageRequestSchema, {
    ...user,
    type: MessageType.TEXT,
    content: Buffer.from("hi"),
    messageId: "m1",
  });
  const sent = await call<SendMessageResponse>("sendMessage", request);
  const again = await call<SendMessageResponse>("sendMessage", request);
  assert.deepEqual([again.messageId, again.sequence], ["m1", sent.sequence]);
  const info = await call<GetRoomInfoResponse>("getRoomInfo", create(GetRoomInfoRequestSchema, user));
  assert.equal(info.roomInfo?.messageCount, 1n);
  const history = await call<ListMessagesResponse>("listMessages", create(ListMessagesRequestSchema, user));
  assert.deepEqual(
    history.messages.map(({ messageId }) => messageId),
    ["m1"],
  );
  const health = await call<HealthCheckResponse>("healthCheck", create(HealthCheckRequestSchema));
  assert.equal(health.status, 1);

  const uploaded = await new Promise<UploadAudioResponse>((resolve, reject) => {
    const upload = client.uploadAudio as (
      callback: (error: Error | null, response: UploadAudioResponse) => void,
    ) => grpc.ClientWritableStream<Message>;
    const stream = upload.call(client, (error, response) => (error === null ? resolve(response) : reject(error)));
    const metadata = { userId: "go", roomId: "lobby", format: "opus", size: 3n, duration: 1 };
    stream.write(create(UploadAudioRequestSchema, { data: { case: "metadata", value: metadata } }));
    stream.write(create(UploadAudioRequestSchema, { data: { case: "chunk", value: new Uint8Array([1, 2, 3]) } }));
    stream.end();
  });
  const { audioId } = uploaded;
  const transcript = await call<TranscriptResponse>(
    "getAudioTranscript",
    create(TranscriptRequestSchema, { audioId, userId: "go" }),
  );
  assert.equal(transcript.transcription?.audioId, audioId);
  assert.equal(
    (await call<{ status?: { code: number } } & Message>("leaveRoom", create(LeaveRoomRequestSchema, user))).status
      ?.code,
    0,
  );
  await assert.rejects(call("joinRoom", create(JoinRoomRequestSchema, { userId: "go" })), {
    code: grpc.status.INVALID_ARGUMENT,
  });
});

test("the standard health service answers a grpc-js client", async (t) => {
  const { server } = await setup(t);
  const HealthClient = grpc.makeGenericClientConstructor(grpcJsDefinition(Health), "Health");
  const client = new HealthClient(`127.0.0.1:${server.port}`, grpc.credentials.createInsecure());
  const check = promisify(
    (
      client.check as (request: Message, callback: (error: Error | null, response: { status: number }) => void) => void
    ).bind(client),
  );
  assert.equal((await check(create(StandardHealthCheckRequestSchema, { service: "im.v1.IMService" })))?.status, 1);
  client.close();
});
