import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import * as grpc from "@grpc/grpc-js";
import { ImClient } from "@im-sdk/core";
import {
  IMService,
  type MessageRequest,
  MessageRequestSchema,
  type MessageResponse,
  MessageResponseSchema,
  MessageType,
} from "@im-sdk/gen";

/** Sends `count` texts with `inFlight` of them unanswered at the most; resolves when all have come back. */
export type StreamPeer = (port: number, count: number, inFlight: number) => Promise<void>;

const content = "x".repeat(100);

function message(n: number): MessageRequest {
  return create(MessageRequestSchema, {
    messageId: `${n}`,
    userId: "bench",
    roomId: "room",
    type: MessageType.TEXT,
    content: Buffer.from(content),
    timestamp: timestampNow(),
  });
}

/** Calls `send` whenever another message may go out. */
function pump(count: number, inFlight: number, send: (n: number) => void) {
  const done = Promise.withResolvers<void>();
  let sent = 0;
  let received = 0;
  const fill = () => {
    while (sent < count && sent - received < inFlight) send(sent++);
  };
  const onReceived = () => {
    received++;
    if (received === count) done.resolve();
    else fill();
  };
  return { fill, onReceived, done: done.promise };
}

export const imClient: StreamPeer = async (port, count, inFlight) => {
  const client = new ImClient({ userId: "bench", services: [`127.0.0.1:${port}`], onMessage: () => onReceived() });
  const failed = Promise.withResolvers<never>();
  const { fill, onReceived, done } = pump(count, inFlight, (n) => {
    client.sendTextMessage("room", content, { messageId: `${n}` }).catch(failed.reject);
  });
  await client.connect();
  fill();
  await Promise.race([done, failed.promise]);
  await client.disconnect();
};

export const connectNode: StreamPeer = async (port, count, inFlight) => {
  const client = createClient(IMService, createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }));
  const queue: MessageRequest[] = [];
  let wake = () => {};
  let isDone = false;
  const { fill, onReceived, done } = pump(count, inFlight, (n) => {
    queue.push(message(n));
    wake();
  });
  async function* input() {
    while (!isDone) {
      const next = queue.shift();
      if (next !== undefined) yield next;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  fill();
  const reading = (async () => {
    for await (const _ of client.streamMessages(input())) onReceived();
  })();
  await done;
  isDone = true;
  wake();
  await reading;
};

const definition = {
  streamMessages: {
    path: "/im.v1.IMService/StreamMessages",
    requestStream: true,
    responseStream: true,
    requestSerialize: (request: MessageRequest) => Buffer.from(toBinary(MessageRequestSchema, request)),
    requestDeserialize: (bytes: Buffer) => fromBinary(MessageRequestSchema, bytes),
    responseSerialize: (response: MessageResponse) => Buffer.from(toBinary(MessageResponseSchema, response)),
    responseDeserialize: (bytes: Buffer) => fromBinary(MessageResponseSchema, bytes),
  },
};

export const grpcJs: StreamPeer = async (port, count, inFlight) => {
  const Client = grpc.makeGenericClientConstructor(definition, "IMService");
  const client = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const open = client.streamMessages as () => grpc.ClientDuplexStream<MessageRequest, MessageResponse>;
  const stream = open.call(client);
  const { fill, onReceived, done } = pump(count, inFlight, (n) => stream.write(message(n)));
  stream.on("data", onReceived);
  fill();
  await done;
  stream.end();
  await new Promise((resolve) => stream.on("end", resolve));
  client.close();
};
