import type { Client, Transport } from "@connectrpc/connect";
import type { ServiceInstance } from "@im-sdk/contracts";
import type {
  GetRoomInfoResponse,
  HealthCheckResponse,
  IMService,
  JoinRoomResponse,
  LeaveRoomResponse,
  TranscriptResponse,
  UploadAudioResponse,
} from "@im-sdk/gen";
import type { AudioSource } from "./audio/audio-source.ts";
import { type UploadOptions, uploadAudio } from "./audio/upload-audio.ts";
import { requireId, requireTimeoutMs } from "./check-argument.ts";
import { ClientLifecycle } from "./client-lifecycle.ts";
import { createClientParts } from "./client-parts.ts";
import type { ConnectionState } from "./connection/connection.ts";
import type { KnownInstances } from "./connection/instance-set.ts";
import { type MessagesOptions, resolveMessagesOptions } from "./delivery/inbox-options.ts";
import type { SendOptions } from "./delivery/message-sender.ts";
import type { SendReceipt } from "./delivery/send-receipt.ts";
import { toServiceInstances } from "./discovery/service-address.ts";
import type { Listener } from "./events/event-hub.ts";
import type { ImEvents } from "./events/im-events.ts";
import { type ImClientBaseOptions, type ImClientOptions, resolveImClientOptions } from "./im-client-options.ts";
import { ImError } from "./im-error.ts";
import type { AudioInput, RichTextInput, SendableMessage } from "./messages/encode-message.ts";
import type { ImMessage } from "./messages/im-message.ts";
import { type ListMessagesOptions, listMessages } from "./rooms/list-messages.ts";
import { callUnary, callWithStatus, type RequestOptions } from "./unary-call.ts";

/** How `withTransport` hands its transport to the constructor, unseen by users. */
const ownTransport = Symbol("transport");

interface WithTransport {
  [ownTransport]?: Transport;
}

/**
 * A messaging client: one stream to one instance of the service, kept up across breaks, with unary calls beside it on the
 * same connection. Everything that fails does so with an ImError. Whoever makes a client disconnects it.
 */
export class ImClient implements AsyncDisposable {
  readonly #options: ReturnType<typeof resolveImClientOptions>;
  readonly #parts: ReturnType<typeof createClientParts>;
  readonly #lifecycle: ClientLifecycle;

  /** Throws ImError `invalid_argument` for an option that cannot be; connects to nothing yet. */
  constructor(options: ImClientOptions) {
    this.#options = resolveImClientOptions(options);
    this.#parts = createClientParts(this.#options, (options as WithTransport)[ownTransport]);
    this.#lifecycle = new ClientLifecycle(this.#parts, this.#options);
  }

  /**
   * A client on a Connect transport that you already have: no discovery, no balancing; reconnecting opens a new stream on
   * it. Closing the transport stays with you.
   */
  static withTransport(transport: Transport, options: ImClientBaseOptions): ImClient {
    return new ImClient({ ...options, [ownTransport]: transport } as ImClientBaseOptions);
  }

  /** `idle`, `connecting`, `connected`, `reconnecting` or `closed`. */
  get state(): ConnectionState {
    return this.#parts.connection.state;
  }

  get isConnected(): boolean {
    return this.state === "connected";
  }

  /** The instances known at this moment, and whether the discovery still vouches for them; none when only the balancer knows them. */
  get instances(): KnownInstances {
    return this.#parts.instances.known;
  }

  /** The raw typed client on the same connection, with this client's identity, credentials and retries. */
  get service(): Client<typeof IMService> {
    return this.#parts.service;
  }

  /**
   * Connects within `connectTimeoutMs`, trying instances in the balancer's order and again after a delay. Rejects
   * `unavailable` naming every address and why it failed, a final error of the server as it is (`unauthenticated`,
   * `permission_denied`, `invalid_argument`), or `canceled`. The client may then be connected again.
   */
  connect(options: { signal?: AbortSignal } = {}): Promise<void> {
    return this.#lifecycle.connect(options.signal);
  }

  /**
   * Replaces the list of instances, from the next connection on; the stream that is up stays. Throws `failed_precondition` where a
   * discovery gives the list.
   */
  setServices(services: readonly (string | ServiceInstance)[]): void {
    if (this.#options.discovery !== undefined) {
      throw new ImError("failed_precondition", "setServices: the instances of this client are its discovery's to tell");
    }
    this.#parts.instances.update(toServiceInstances(services, this.#options.serviceName));
  }

  /**
   * Sends a text. Resolves once the server has stored it (`acknowledged`) or, with a server that does not acknowledge,
   * once it was handed to HTTP/2 (`written`). While there is no connection the message waits for one. Settles within the
   * deadline: rejects `rejected`, `expired` (it never left), `unknown` (it left, no answer came) or `canceled`.
   */
  sendTextMessage(roomId: string, text: string, options?: SendOptions): Promise<SendReceipt> {
    return this.#parts.sender.send(roomId, { type: "text", content: text }, options);
  }

  /** Sends formatted text; settles as {@link sendTextMessage} does. */
  sendRichTextMessage(roomId: string, richText: RichTextInput, options?: SendOptions): Promise<SendReceipt> {
    return this.#parts.sender.send(roomId, { type: "rich_text", content: richText }, options);
  }

  /** Sends a recording that was uploaded before; settles as {@link sendTextMessage} does. */
  sendAudioMessage(roomId: string, audio: AudioInput, options?: SendOptions): Promise<SendReceipt> {
    return this.#parts.sender.send(roomId, { type: "audio", content: audio }, options);
  }

  /** Sends a message of any type; `roomId` is the default room when absent. Settles as {@link sendTextMessage} does. */
  async sendMessage(message: SendableMessage & { roomId?: string } & SendOptions): Promise<SendReceipt> {
    return this.#parts.sender.send(
      requireId("roomId", message?.roomId ?? this.#options.defaultRoomId),
      message,
      message,
    );
  }

  /** Becomes a member of a room, and again after every reconnect. `metadata` are facts about the member. */
  joinRoom(
    roomId: string,
    metadata: Record<string, string> = {},
    options: RequestOptions = {},
  ): Promise<JoinRoomResponse> {
    return this.#parts.rooms.join(roomId, metadata, options);
  }

  /** Ends the membership; from this call on the room is not joined again. */
  leaveRoom(roomId: string, options: RequestOptions = {}): Promise<LeaveRoomResponse> {
    return this.#parts.rooms.leave(roomId, options);
  }

  getRoomInfo(roomId: string, options: RequestOptions = {}): Promise<GetRoomInfoResponse> {
    return this.#parts.rooms.info(roomId, options);
  }

  /**
   * Messages from now on, until the loop is left, its signal aborts or the client is disconnected; when the client gives up
   * reconnecting, the loop throws why. A slow loop slows the stream down unless `whenFull` says otherwise. Bad options throw.
   */
  messages(options: MessagesOptions = {}): AsyncIterableIterator<ImMessage> {
    return this.#parts.delivery.inbox.iterate(options.roomId, options.signal, resolveMessagesOptions(options));
  }

  /** A room's history, oldest first, where the server keeps one. */
  listMessages(roomId: string, options: ListMessagesOptions = {}): AsyncIterable<ImMessage> {
    return listMessages({ ...this.#options, service: this.service }, roomId, options);
  }

  /** Uploads a recording without holding it in memory. See {@link UploadOptions} for progress, abort and deadline. */
  uploadAudio(roomId: string, source: AudioSource, options: UploadOptions): Promise<UploadAudioResponse> {
    return uploadAudio({ ...this.#options, service: this.service }, roomId, source, options);
  }

  /** How far the transcript of an uploaded recording has come. */
  async getAudioTranscript(audioId: string, options: RequestOptions = {}): Promise<TranscriptResponse> {
    const { userId, requestTimeoutMs } = this.#options;
    requireId("audioId", audioId);
    return callWithStatus(`the transcript of ${audioId}`, options, requestTimeoutMs, (call) =>
      this.service.getAudioTranscript({ audioId, userId }, call),
    );
  }

  /** Asks the instance that this client is connected to. */
  healthCheck(options: RequestOptions = {}): Promise<HealthCheckResponse> {
    return callUnary("health check", options, this.#options.requestTimeoutMs, (call) =>
      this.service.healthCheck({}, call),
    );
  }

  on<Name extends keyof ImEvents>(event: Name, listener: Listener<ImEvents[Name]>): this {
    this.#parts.events.on(event, listener);
    return this;
  }

  once<Name extends keyof ImEvents>(event: Name, listener: Listener<ImEvents[Name]>): this {
    this.#parts.events.once(event, listener);
    return this;
  }

  off<Name extends keyof ImEvents>(event: Name, listener: Listener<ImEvents[Name]>): this {
    this.#parts.events.off(event, listener);
    return this;
  }

  /** Takes no more messages and resolves when those taken are settled; rejects `deadline_exceeded` after `timeoutMs`. */
  async drain(options: { timeoutMs?: number } = {}): Promise<void> {
    return this.#lifecycle.drain(requireTimeoutMs("timeoutMs", options.timeoutMs ?? this.#options.requestTimeoutMs));
  }

  /**
   * Ends for good: waits up to `timeoutMs` (default 5,000) for messages that are on their way, then closes the stream, the
   * discovery and the client's own connections. What is not settled by then rejects `unknown` or `canceled`.
   */
  async disconnect(options: { timeoutMs?: number } = {}): Promise<void> {
    return this.#lifecycle.disconnect(requireTimeoutMs("timeoutMs", options.timeoutMs ?? 5_000));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disconnect();
  }
}
