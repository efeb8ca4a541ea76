import { createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { createIdentityInterceptor, createRetryInterceptor } from "@im-sdk/core";
import { IMService, MessageType } from "@im-sdk/gen";

export interface HistoryEntry {
  readonly from: string;
  readonly text: string;
}

/** Reads rooms' histories with the raw stubs, on a connection of its own: no ImClient, but its interceptors. */
export interface History extends Disposable {
  /** The latest texts of a room, at most a page of them. */
  read(roomId: string): Promise<HistoryEntry[]>;
}

export function openHistory(baseUrl: string): History {
  const sessionManager = new Http2SessionManager(baseUrl);
  const interceptors = [createRetryInterceptor(), createIdentityInterceptor({ userId: "gateway" })];
  const service = createClient(IMService, createGrpcTransport({ baseUrl, sessionManager, interceptors }));
  return {
    async read(roomId) {
      const { messages } = await service.listMessages({ roomId, pageSize: 100 }, { timeoutMs: 5_000 });
      const texts = messages.filter(({ type }) => type === MessageType.TEXT);
      return texts.map(({ fromUserId, content }) => ({ from: fromUserId, text: new TextDecoder().decode(content) }));
    },
    [Symbol.dispose]: () => sessionManager.abort(),
  };
}
