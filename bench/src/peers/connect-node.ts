import { createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { IMService, type MessageRequest } from "@im-sdk/gen";
import { callRequest, messageMaker, uploadRequests } from "./messages.ts";
import type { Peer } from "./peer.ts";

/** A client of Connect on its gRPC transport, as its documentation has it. */
export const connectNode: Peer = {
  async openStream({ port, roomId, contentBytes, onMessage, onError }) {
    const { client, close } = connect(port);
    const message = messageMaker(roomId, contentBytes);
    const queue: MessageRequest[] = [];
    let wake = () => {};
    let isDone = false;
    async function* input() {
      while (!isDone) {
        const next = queue.shift();
        if (next !== undefined) yield next;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    }
    const responses = client.streamMessages(input(), { headers: { "room-id": roomId } });
    const reading = (async () => {
      for await (const { messageId, content } of responses) onMessage(messageId, content.byteLength);
    })().catch(onError);
    return {
      send: (n) => {
        queue.push(message(n));
        wake();
      },
      close: async () => {
        isDone = true;
        wake();
        await reading;
        close();
      },
    };
  },

  async openUploads(port) {
    const { client, close } = connect(port);
    await client.healthCheck({});
    async function* input(bytes: Uint8Array) {
      yield* uploadRequests(bytes);
    }
    return {
      upload: async (bytes) => (await client.uploadAudio(input(bytes))).audioId,
      close: async () => close(),
    };
  },

  async openCalls(port) {
    const { client, close } = connect(port);
    await client.healthCheck({});
    return {
      sendMessage: async () => (await client.sendMessage(callRequest())).messageId,
      close: async () => close(),
    };
  },
};

function connect(port: number) {
  const baseUrl = `http://127.0.0.1:${port}`;
  const sessionManager = new Http2SessionManager(baseUrl);
  const client = createClient(IMService, createGrpcTransport({ baseUrl, sessionManager }));
  return { client, close: () => sessionManager.abort() };
}
