import { create, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError } from "@connectrpc/connect";
import {
  type AckContent,
  AckContentSchema,
  type IMService,
  type JoinRoomResponse,
  JoinRoomResponseSchema,
  type MessageRequest,
  MessageRequestSchema,
  type MessageResponse,
  MessageType,
  type SystemContent,
  SystemContentSchema,
} from "@im-sdk/gen";

const utf8 = new TextEncoder();

/** One StreamMessages call, whose frames are waited for one by one. */
export class TestStream {
  /** Every frame that came, in order. */
  readonly received: MessageResponse[] = [];
  /** Resolves with the response headers, which come with the first frame. */
  readonly headers: Promise<Headers>;
  /** Resolves when the call is over: with its error, or undefined after a normal end. */
  readonly ended: Promise<ConnectError | undefined>;
  readonly #input = new FrameInput();
  readonly #abort = new AbortController();
  #taken = 0;
  #over = false;
  #wake: (() => void) | undefined;

  constructor(client: Client<typeof IMService>, headers: Record<string, string>) {
    const { promise, resolve } = Promise.withResolvers<Headers>();
    this.headers = promise;
    const responses = client.streamMessages(this.#input, {
      headers,
      signal: this.#abort.signal,
      timeoutMs: 0,
      onHeader: resolve,
    });
    this.ended = this.#read(responses);
  }

  send(frame: MessageInitShape<typeof MessageRequestSchema>): void {
    this.#input.push(create(MessageRequestSchema, frame));
  }

  text(roomId: string, text: string, more: MessageInitShape<typeof MessageRequestSchema> = {}): void {
    this.send({ roomId, type: MessageType.TEXT, content: utf8.encode(text), ...more });
  }

  /** Ends the sending side only. */
  halfClose(): void {
    this.#input.end();
  }

  /** Cancels the call. */
  cancel(): void {
    this.#abort.abort();
    this.#input.end();
  }

  /** The next frame of this type, skipping others. Rejects when the stream ends before. */
  async next(type?: MessageType): Promise<MessageResponse> {
    for (;;) {
      const frame = this.received[this.#taken];
      if (frame !== undefined) {
        this.#taken += 1;
        if (type === undefined || frame.type === type) return frame;
        continue;
      }
      if (this.#over) throw new Error(`the stream ended: ${String(await this.ended)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async nextText(): Promise<string> {
    return textOf(await this.next(MessageType.TEXT));
  }

  async nextTexts(count: number): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < count) texts.push(await this.nextText());
    return texts;
  }

  async nextAck(): Promise<AckContent> {
    return fromBinary(AckContentSchema, (await this.next(MessageType.ACK)).content);
  }

  async nextSystem(): Promise<SystemContent> {
    return fromBinary(SystemContentSchema, (await this.next(MessageType.SYSTEM)).content);
  }

  async nextJoin(): Promise<JoinRoomResponse> {
    return fromBinary(JoinRoomResponseSchema, (await this.next(MessageType.JOIN_ROOM)).content);
  }

  async #read(responses: AsyncIterable<MessageResponse>): Promise<ConnectError | undefined> {
    try {
      for await (const frame of responses) {
        this.received.push(frame);
        this.#wake?.();
      }
      return undefined;
    } catch (error) {
      return ConnectError.from(error, Code.Unknown);
    } finally {
      this.#over = true;
      this.#input.end();
      this.#wake?.();
    }
  }
}

/** The text of a TEXT frame. */
export function textOf(frame: MessageResponse): string {
  return new TextDecoder().decode(frame.content);
}

class FrameInput implements AsyncIterableIterator<MessageRequest> {
  readonly #frames: MessageRequest[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  push(frame: MessageRequest): void {
    this.#frames.push(frame);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<MessageRequest>> {
    for (;;) {
      const value = this.#frames.shift();
      if (value !== undefined) return { done: false, value };
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<MessageRequest>> {
    this.end();
    return { done: true, value: undefined };
  }

  async throw(): Promise<IteratorResult<MessageRequest>> {
    return this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
