import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import {
  GetRoomInfoResponseSchema,
  HealthCheckResponseSchema,
  HealthStatus,
  IMService,
  JoinRoomResponseSchema,
  LeaveRoomResponseSchema,
  ListMessagesResponseSchema,
  type MessageRequest,
  type MessageResponse,
  MessageResponseSchema,
  MessageType,
  SendMessageResponseSchema,
  TranscriptResponseSchema,
  TranscriptStatus,
  type UploadAudioRequest,
  UploadAudioResponseSchema,
} from "@im-sdk/gen";
import { ImClient } from "../im-client.ts";
import { grpcJsDefinition } from "../test-kit/grpc-js-definition.ts";
import { hasCode } from "../test-kit/has-code.ts";
import { Recorder } from "../test-kit/recorder.ts";

type Stream = grpc.ServerDuplexStream<MessageRequest, MessageResponse>;

const ok = { code: 0, message: "" };

/** A plain `im.v1` server by grpc-js, with everything it was asked for. */
async function startGrpcJsServer(t: TestContext) {
  const streams: Stream[] = [];
  const uploads: { metadata: unknown; chunks: number[] }[] = [];
  const server = new grpc.Server();
  server.addService(grpcJsDefinition(IMService), {
    streamMessages(call: Stream) {
      streams.push(call);
      call.on("data", (frame: MessageRequest) => {
        if (frame.type === MessageType.HEARTBEAT) return;
        const { messageId, userId: fromUserId, roomId, type, content, metadata } = frame;
        call.write(create(MessageResponseSchema, { messageId, fromUserId, roomId, type, content, metadata }));
      });
      call.on("end", () => call.end());
    },
    sendMessage: unary((request: { messageId: string }) =>
      create(SendMessageResponseSchema, { messageId: request.messageId, status: ok }),
    ),
    joinRoom: unary((request: { roomId: string; userId: string }) => {
      if (request.roomId === "full")
        throw Object.assign(new Error("room is full"), { code: grpc.status.RESOURCE_EXHAUSTED });
      if (request.roomId === "refused")
        return create(JoinRoomResponseSchema, { status: { code: 7, message: "not for you" } });
      return create(JoinRoomResponseSchema, {
        status: ok,
        roomInfo: { roomId: request.roomId },
        onlineUsers: [request.userId],
      });
    }),
    leaveRoom: unary(() => create(LeaveRoomResponseSchema, { status: ok })),
    getRoomInfo: unary((request: { roomId: string }) =>
      create(GetRoomInfoResponseSchema, {
        status: ok,
        roomInfo: { roomId: request.roomId, messageCount: 7n },
        users: [{ userId: "ann" }],
      }),
    ),
    getAudioTranscript: unary((request: { audioId: string }) =>
      create(TranscriptResponseSchema, {
        status: ok,
        transcription: { audioId: request.audioId, text: "hello", confidence: 0.5, status: TranscriptStatus.COMPLETED },
      }),
    ),
    uploadAudio(call: grpc.ServerReadableStream<UploadAudioRequest, unknown>, callback: grpc.sendUnaryData<unknown>) {
      const upload = { metadata: undefined as unknown, chunks: [] as number[] };
      call.on("data", ({ data }: UploadAudioRequest) => {
        if (data.case === "metadata") upload.metadata = data.value;
        if (data.case === "chunk") upload.chunks.push(data.value.byteLength);
      });
      call.on("end", () => {
        uploads.push(upload);
        callback(null, create(UploadAudioResponseSchema, { status: ok, audioId: "a1", audioUrl: "http://x/a1" }));
      });
    },
    healthCheck: unary(() => create(HealthCheckResponseSchema, { status: HealthStatus.SERVING })),
    listMessages: unary((request: { roomId: string }) =>
      create(ListMessagesResponseSchema, {
        status: ok,
        messages: [{ messageId: "h1", roomId: request.roomId, type: MessageType.TEXT, content: Buffer.from("old") }],
      }),
    ),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  t.after(() => server.forceShutdown());
  return { port, streams, uploads };
}

function unary<Request, Response>(handle: (request: Request) => Response): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    try {
      callback(null, handle(call.request));
    } catch (error) {
      callback(error as grpc.ServiceError);
    }
  };
}

test("every RPC of the client works against a grpc-js server", async (t) => {
  const { port, streams, uploads } = await startGrpcJsServer(t);
  await using client = new ImClient({ userId: "ann", defaultRoomId: "lobby", services: [`127.0.0.1:${port}`] });
  const recorder = new Recorder(client);
  await client.connect();
  assert.deepEqual(streams[0]?.metadata.get("user-id"), ["ann"]);
  assert.deepEqual(streams[0]?.metadata.get("room-id"), ["lobby"]);

  const receipt = await client.sendTextMessage("lobby", "你好", { metadata: { k: "v" } });
  assert.equal(receipt.delivery, "written");
  await client.sendRichTextMessage("lobby", { contentType: "markdown", rawContent: "# hi" });
  await recorder.until((r) => r.of("message").length === 2);
  assert.deepEqual(recorder.texts, ["你好"]);
  assert.deepEqual({ ...recorder.of("message")[0]?.metadata }, { k: "v" });

  assert.deepEqual((await client.joinRoom("second")).onlineUsers, ["ann"]);
  assert.equal((await client.getRoomInfo("second")).roomInfo?.messageCount, 7n);
  assert.equal((await client.leaveRoom("second")).status?.code, 0);
  assert.equal((await client.getAudioTranscript("a1")).transcription?.text, "hello");
  assert.equal((await client.healthCheck()).status, HealthStatus.SERVING);
  assert.equal((await client.service.sendMessage({ userId: "ann", roomId: "lobby", messageId: "m1" })).messageId, "m1");
  for await (const message of client.listMessages("lobby"))
    assert.ok(message.type === "text" && message.text === "old");

  const uploaded = await client.uploadAudio("lobby", new Uint8Array(70_000), { format: "opus", durationSeconds: 1.5 });
  assert.equal(uploaded.audioId, "a1");
  assert.deepEqual(uploads[0]?.chunks, [32_768, 32_768, 4_464]);
});

test("errors of a grpc-js server arrive with their code, from the status and from the body", async (t) => {
  const { port } = await startGrpcJsServer(t);
  await using client = new ImClient({ userId: "ann", services: [`127.0.0.1:${port}`] });
  await client.connect();
  await assert.rejects(client.joinRoom("full"), hasCode("resource_exhausted", "room is full"));
  await assert.rejects(client.joinRoom("refused"), hasCode("permission_denied", "not for you"));
});

test("30,000 messages go through a grpc-js server and back, in order", async (t) => {
  const { port } = await startGrpcJsServer(t);
  await using client = new ImClient({ userId: "ann", defaultRoomId: "lobby", services: [`127.0.0.1:${port}`] });
  const count = 30_000;
  const all = Promise.withResolvers<void>();
  let received = 0;
  client.on("message", (message) => {
    assert.ok(message.type === "text");
    assert.equal(message.text, `${received++}`);
    if (received === count) all.resolve();
  });
  await client.connect();
  await Promise.all(Array.from({ length: count }, (_, n) => client.sendTextMessage("lobby", `${n}`)));
  await all.promise;
});
