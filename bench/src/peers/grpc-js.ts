import { once } from "node:events";
import * as grpc from "@grpc/grpc-js";
import type {
  MessageRequest,
  MessageResponse,
  SendMessageRequest,
  SendMessageResponse,
  UploadAudioRequest,
  UploadAudioResponse,
} from "@im-sdk/gen";
import { grpcJsDefinition } from "./grpc-js-definition.ts";
import { callRequest, messageMaker, uploadRequests } from "./messages.ts";
import type { Peer } from "./peer.ts";

/** What `makeGenericClientConstructor` makes, with its types. */
interface Service extends grpc.Client {
  streamMessages(metadata: grpc.Metadata): grpc.ClientDuplexStream<MessageRequest, MessageResponse>;
  uploadAudio(callback: grpc.requestCallback<UploadAudioResponse>): grpc.ClientWritableStream<UploadAudioRequest>;
  sendMessage(request: SendMessageRequest, callback: grpc.requestCallback<SendMessageResponse>): grpc.ClientUnaryCall;
}

/** A client of grpc-js with the messages of protobuf-es. */
export const grpcJs: Peer = {
  async openStream({ port, roomId, contentBytes, onMessage, onError }) {
    const client = await connect(port);
    const message = messageMaker(roomId, contentBytes);
    const metadata = new grpc.Metadata();
    metadata.set("room-id", roomId);
    const stream = client.streamMessages(metadata);
    stream.on("data", ({ messageId, content }: MessageResponse) => onMessage(messageId, content.byteLength));
    stream.on("error", onError);
    return {
      send: (n) => {
        stream.write(message(n));
      },
      close: async () => {
        const ended = once(stream, "end");
        stream.end();
        await ended;
        client.close();
      },
    };
  },

  async openUploads(port) {
    const client = await connect(port);
    return {
      upload: async (bytes) => {
        const answer = Promise.withResolvers<UploadAudioResponse | undefined>();
        const call = client.uploadAudio((error, response) => {
          if (error === null) answer.resolve(response);
          else answer.reject(error);
        });
        for (const request of uploadRequests(bytes)) if (!call.write(request)) await once(call, "drain");
        call.end();
        return (await answer.promise)?.audioId ?? "";
      },
      close: async () => client.close(),
    };
  },

  async openCalls(port) {
    const client = await connect(port);
    return {
      sendMessage: () =>
        new Promise((resolve, reject) => {
          client.sendMessage(callRequest(), (error, response) => {
            if (error === null) resolve(response?.messageId ?? "");
            else reject(error);
          });
        }),
      close: async () => client.close(),
    };
  },
};

async function connect(port: number): Promise<Service> {
  const Client = grpc.makeGenericClientConstructor(grpcJsDefinition, "IMService");
  const client = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure()) as unknown as Service;
  await new Promise<void>((resolve, reject) =>
    client.waitForReady(Date.now() + 10_000, (error) => (error === undefined ? resolve() : reject(error))),
  );
  return client;
}
