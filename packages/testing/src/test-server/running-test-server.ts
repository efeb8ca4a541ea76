import type { MessageResponse } from "@im-sdk/gen";
import { AudioShelf } from "./audio-shelf.ts";
import { Http2Host } from "./http2-host.ts";
import { listenerOf } from "./listener-of.ts";
import { MemberStreams } from "./member-streams.ts";
import { ReceivedMessages } from "./received-messages.ts";
import { createRoutes } from "./routes.ts";
import { toPost } from "./said-message.ts";
import { Script } from "./script.ts";
import type {
  CodeName,
  ReceivedAudio,
  ReceivedMessage,
  RpcName,
  SaidMessage,
  TestServer,
  WaitOptions,
} from "./test-server.ts";
import { waitUntil } from "./wait-until.ts";

/** The parts of a test server, and the way from each of its methods to the part that does it. */
export class RunningTestServer implements TestServer {
  readonly #streams = new MemberStreams();
  readonly #messages = new ReceivedMessages();
  readonly #audio = new AudioShelf();
  readonly #script = new Script();
  readonly #host: Http2Host;
  readonly #closing = new AbortController();

  constructor(extensions: boolean) {
    const parts = { streams: this.#streams, messages: this.#messages, audio: this.#audio, script: this.#script };
    this.#host = new Http2Host(listenerOf(createRoutes({ ...parts, extensions }), this.#script.interceptor));
  }

  listen(port: number): Promise<void> {
    return this.#host.listen(port);
  }

  get port(): number {
    return this.#host.port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get url(): string {
    return `http://${this.address}`;
  }

  get received(): readonly ReceivedMessage[] {
    return this.#messages.all;
  }

  get uploads(): readonly ReceivedAudio[] {
    return this.#audio.all;
  }

  members(roomId: string): string[] {
    return this.#streams.rooms.find(roomId)?.members.map(({ userId }) => userId) ?? [];
  }

  async say(roomId: string, message: string | SaidMessage, { from = "someone" } = {}): Promise<MessageResponse> {
    return this.#streams.rooms.open(roomId).post(toPost(roomId, message, from)).message;
  }

  waitForMessage(predicate = (_: ReceivedMessage) => true, options: WaitOptions = {}): Promise<ReceivedMessage> {
    return waitUntil({
      look: () => this.#messages.take(predicate),
      changes: this.#messages.changes,
      missing: () => `no such message came; ${this.#messages.describe()}`,
      closing: this.#closing.signal,
      ...options,
    });
  }

  async waitForMember(roomId: string, userId: string, options: WaitOptions = {}): Promise<void> {
    await waitUntil({
      look: () => this.members(roomId).includes(userId) || undefined,
      changes: this.#streams.changes,
      missing: () => `${userId} is not in ${roomId}; there are: ${this.members(roomId).join(", ") || "nobody"}`,
      closing: this.#closing.signal,
      ...options,
    });
  }

  rejectNext(reason: string, { code = "PermissionDenied" }: { readonly code?: CodeName } = {}): void {
    this.#script.rejectNext(reason, code);
  }

  failNext(rpc: RpcName, code: CodeName, message = "failed by the test"): void {
    this.#script.failNext(rpc, code, message);
  }

  holdAcks(): void {
    this.#script.holdAcks();
  }

  releaseAcks(): void {
    this.#script.releaseAcks();
  }

  disconnectAll(): void {
    this.#host.disconnectAll();
    this.#streams.endAll();
  }

  async stop(): Promise<void> {
    const closed = this.#host.close();
    this.#streams.endAll();
    await closed;
  }

  async restart({ keepRooms = true } = {}): Promise<void> {
    const { port } = this;
    await this.stop();
    if (!keepRooms) this.#streams.rooms.clear();
    await this.#host.listen(port);
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("the test server is closed"));
    await this.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
