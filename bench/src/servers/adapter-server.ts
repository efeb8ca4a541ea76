// A room as one would write it on connect-node's own handler: everybody whose stream names it is sent every text. Says its port.
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import type { ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { IMService, type MessageRequest, type MessageResponse, MessageResponseSchema } from "@im-sdk/gen";
import { say } from "../processes/child.ts";
import { MessageQueue } from "./message-queue.ts";

const rooms = new Map<string, Set<MessageQueue<MessageResponse>>>();

function routes(router: ConnectRouter): void {
  router.service(IMService, {
    streamMessages(requests, context) {
      const room = roomOf(context.requestHeader.get("room-id") ?? "");
      const queue = new MessageQueue<MessageResponse>(() => room.delete(queue));
      room.add(queue);
      context.signal.addEventListener("abort", () => queue.end());
      void deliver(requests, room).finally(() => queue.end());
      return queue;
    },
  });
}

/** Every member gets the same message, which each stream encodes for itself. */
async function deliver(
  requests: AsyncIterable<MessageRequest>,
  room: Set<MessageQueue<MessageResponse>>,
): Promise<void> {
  try {
    for await (const { messageId, userId, roomId, type, content, metadata } of requests) {
      const timestamp = timestampNow();
      const fields = { messageId, fromUserId: userId, roomId, type, content, metadata, timestamp };
      const message = create(MessageResponseSchema, fields);
      for (const member of room) member.push(message);
    }
  } catch {
    // The member has gone.
  }
}

function roomOf(roomId: string): Set<MessageQueue<MessageResponse>> {
  let room = rooms.get(roomId);
  if (room === undefined) {
    room = new Set();
    rooms.set(roomId, room);
  }
  return room;
}

const server = createServer(connectNodeAdapter({ routes }));
server.listen(0, "127.0.0.1", () => say({ port: (server.address() as AddressInfo).port }));
