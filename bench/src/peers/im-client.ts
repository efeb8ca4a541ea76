import { ImClient, MessageType } from "@im-sdk/core";
import { callRoom, callText, uploadFormat, userId } from "./messages.ts";
import type { Peer } from "./peer.ts";

/** The SDK as apps use it. */
export const imClient: Peer = {
  async openStream({ port, roomId, contentBytes, onMessage, onError }) {
    const text = "x".repeat(contentBytes);
    const client = new ImClient({
      userId,
      services: [`127.0.0.1:${port}`],
      defaultRoomId: roomId,
      onMessage: (message) => {
        if (message.type === "text") onMessage(message.id, message.text.length);
      },
      onError,
    });
    await client.connect();
    return {
      send: (n) => {
        client.sendTextMessage(roomId, text, { messageId: `${n}` }).catch(onError);
      },
      close: () => client.disconnect(),
    };
  },

  async openUploads(port) {
    const client = new ImClient({ userId, services: [`127.0.0.1:${port}`] });
    await client.connect();
    return {
      upload: async (bytes) => (await client.uploadAudio(callRoom, bytes, { format: uploadFormat })).audioId,
      close: () => client.disconnect(),
    };
  },

  async openCalls(port) {
    const client = new ImClient({ userId, services: [`127.0.0.1:${port}`] });
    await client.connect();
    const request = () => ({ userId, roomId: callRoom, type: MessageType.TEXT, content: Buffer.from(callText) });
    return {
      sendMessage: async () => (await client.service.sendMessage(request())).messageId,
      close: () => client.disconnect(),
    };
  },
};
