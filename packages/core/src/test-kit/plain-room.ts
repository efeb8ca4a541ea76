import type { HandlerContext } from "@connectrpc/connect";
import { HealthStatus, type MessageRequest, MessageType } from "@im-sdk/gen";
import { servePlain, type TestServer } from "./serve.ts";

export interface PlainRoom extends TestServer {
  /** Frames of all streams, in order. */
  readonly requests: MessageRequest[];
  /** Request metadata of every stream. */
  readonly headers: Headers[];
  /** Rooms joined by unary calls. */
  readonly joins: string[];
  /** Resolves when the condition holds; checked whenever the server hears something. */
  until(condition: (room: PlainRoom) => boolean): Promise<void>;
}

/**
 * A server of the Go kind: it knows no extension, answers no heartbeat, and sends no headers before its first message. Texts
 * are echoed.
 */
export async function startPlainRoom(): Promise<PlainRoom> {
  const requests: MessageRequest[] = [];
  const headers: Headers[] = [];
  const joins: string[] = [];
  let waiting: (() => void)[] = [];
  const wake = () => {
    const woken = waiting;
    waiting = [];
    for (const resolve of woken) resolve();
  };

  const server = await servePlain({
    healthCheck: () => ({ status: HealthStatus.SERVING }),
    joinRoom({ roomId }) {
      joins.push(roomId);
      wake();
      // Some services say 200 for success.
      return { status: { code: 200, message: "ok" }, roomInfo: { roomId } };
    },
    async *streamMessages(frames: AsyncIterable<MessageRequest>, context: HandlerContext) {
      headers.push(context.requestHeader);
      wake();
      for await (const frame of frames) {
        requests.push(frame);
        wake();
        if (frame.type !== MessageType.TEXT) continue;
        const { messageId, userId, roomId, type, content } = frame;
        yield { messageId, fromUserId: userId, roomId, type, content };
      }
    },
  });

  const room: PlainRoom = {
    ...server,
    requests,
    headers,
    joins,
    async until(condition) {
      while (!condition(room)) await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
  return room;
}
