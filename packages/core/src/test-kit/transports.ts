import type { ClientHttp2Stream } from "node:http2";
import type { TestContext } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type ContextValues, createContextValues, type StreamResponse, type Transport } from "@connectrpc/connect";
import { createGrpcTransport, type Http2SessionManager } from "@connectrpc/connect-node";
import { IMService, type MessageRequest, MessageRequestSchema, type MessageResponse } from "@im-sdk/gen";
import { createSessionManager } from "../transport/create-session-manager.ts";
import { readyTaker } from "../transport/ready-messages.ts";
import { type StreamObserver, streamObserverKey } from "../transport/stream-observer.ts";
import { createStreamTransport, type StreamTransportOptions } from "../transport/stream-transport.ts";

type Options = Omit<StreamTransportOptions, "baseUrl" | "sessionManager">;

/** Our transport on a session of its own, which ends with the test. */
export function ourTransport(t: TestContext, baseUrl: string, options: Options = {}): Transport {
  return createStreamTransport({ baseUrl, sessionManager: sessionOf(t, baseUrl), ...options });
}

/** connect-node's with the same limits, to compare with. */
export function theirTransport(t: TestContext, baseUrl: string): Transport {
  const limits = { readMaxBytes: 4 * 1024 * 1024, writeMaxBytes: 4 * 1024 * 1024 };
  return createGrpcTransport({ baseUrl, sessionManager: sessionOf(t, baseUrl), ...limits });
}

export function sessionOf(t: TestContext, baseUrl: string): Http2SessionManager {
  const manager = createSessionManager(baseUrl);
  t.after(() => manager.abort());
  return manager;
}

export interface TalkOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
  header?: ConstructorParameters<typeof Headers>[0];
  contextValues?: ContextValues;
}

/** Opens StreamMessages; resolves when the head of the response has come. */
export async function talk(
  transport: Transport,
  input: AsyncIterable<MessageInitShape<typeof MessageRequestSchema>>,
  { signal, timeoutMs = 0, header, contextValues }: TalkOptions = {},
): Promise<StreamResponse<typeof MessageRequestSchema, typeof IMService.method.streamMessages.output>> {
  return transport.stream(IMService.method.streamMessages, signal, timeoutMs, header, input, contextValues);
}

/** Context values with an observer in them, and the stream that it is told of. */
export function observed(observer: StreamObserver = {}): { contextValues: ContextValues; stream(): ClientHttp2Stream } {
  let opened: ClientHttp2Stream | undefined;
  const contextValues = createContextValues().set(streamObserverKey, {
    ...observer,
    onOpen(stream) {
      opened = stream;
      observer.onOpen?.(stream);
    },
  });
  return {
    contextValues,
    stream() {
      if (opened === undefined) throw new Error("no stream has been opened");
      return opened;
    },
  };
}

export function request(messageId: string, content = new Uint8Array()): MessageRequest {
  return create(MessageRequestSchema, { messageId, content });
}

/** Many requests that are ready at once. */
export async function* requests(count: number, contentBytes = 0): AsyncGenerator<MessageRequest> {
  for (let index = 0; index < count; index++) yield request(String(index), new Uint8Array(contentBytes).fill(index));
}

/** Reads a response to its end: the ids of its messages, and what ended it. */
export async function readAll(
  response: Promise<{ message: AsyncIterable<MessageResponse> }>,
): Promise<{ ids: string[]; error: unknown }> {
  const ids: string[] = [];
  try {
    for await (const { messageId } of (await response).message) ids.push(messageId);
    return { ids, error: undefined };
  } catch (error) {
    return { ids, error };
  }
}

/** {@link readAll}, and whatever is ready is taken without waiting, as the client does. */
export async function readReady(
  response: Promise<{ message: AsyncIterable<MessageResponse> }>,
): Promise<{ ids: string[]; error: unknown }> {
  const ids: string[] = [];
  try {
    const { message } = await response;
    const iterator = message[Symbol.asyncIterator]();
    const take = readyTaker(message);
    for (let result = await iterator.next(); result.done !== true; result = await iterator.next()) {
      ids.push(result.value.messageId);
      for (let ready = take(); ready !== undefined; ready = take()) ids.push(ready.messageId);
    }
    return { ids, error: undefined };
  } catch (error) {
    return { ids, error };
  }
}
