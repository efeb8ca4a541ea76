import type { Code } from "@connectrpc/connect";
import type { IMService, MessageResponse, MessageType } from "@im-sdk/gen";

/** A message that a user sent and the server took. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly userId: string;
  readonly roomId: string;
  readonly type: MessageType;
  /** What a message of type TEXT says; empty for others. */
  readonly text: string;
  readonly content: Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A recording that a user uploaded. */
export interface ReceivedAudio {
  readonly audioId: string;
  readonly userId: string;
  readonly roomId: string;
  readonly format: string;
  readonly bytes: Uint8Array;
}

/** What `say` says, when it is more than a text. */
export interface SaidMessage {
  /** Default TEXT. */
  readonly type?: MessageType;
  /** The text of a message of type TEXT. */
  readonly text?: string;
  /** For other types: the serialized content. */
  readonly content?: Uint8Array;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Default: one that the server makes. */
  readonly messageId?: string;
  /** Receivers are asked for an ACK frame. Default false. */
  readonly ackRequired?: boolean;
}

/** How long something is waited for. */
export interface WaitOptions {
  /** Default 5,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** An RPC of `im.v1`, as the stubs call it. */
export type RpcName = keyof typeof IMService.method;

/** A gRPC status code by its name, such as `Unavailable`. */
export type CodeName = keyof typeof Code;

/**
 * An `im.v1` server in the process of a test: real HTTP/2 on loopback, rooms in memory, and a handle on all that a server, or
 * another user, can do to a client.
 */
export interface TestServer extends AsyncDisposable {
  /** Such as `127.0.0.1:40123`; the same after a restart. */
  readonly address: string;
  readonly port: number;
  /** Such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** What users sent, each message once, in the order of arrival. Not in it: what was rejected, and what `say` said. */
  readonly received: readonly ReceivedMessage[];
  /** What users uploaded. */
  readonly uploads: readonly ReceivedAudio[];
  /** Users who are in a room; none in a room that is not there. */
  members(roomId: string): string[];
  /**
   * Posts as another user would, who need not be in the room; `from` is `someone` by default. Answers the message as stored.
   * Those who join later do not get it: see {@link waitForMember}.
   */
  say(roomId: string, message: string | SaidMessage, options?: { readonly from?: string }): Promise<MessageResponse>;
  /**
   * The first of {@link received} that matches, has come or comes, and was not given by an earlier call. Rejects when none
   * came in time, and says what came instead.
   */
  waitForMessage(predicate?: (message: ReceivedMessage) => boolean, options?: WaitOptions): Promise<ReceivedMessage>;
  /** Resolves as soon as the user is in the room; rejects when that did not happen in time. */
  waitForMember(roomId: string, userId: string, options?: WaitOptions): Promise<void>;
  /**
   * Rejects the next message that is sent, whoever sends it: by ACK with this text and code, or as a unary call that fails.
   * Each call rejects one more. A plain server has no way to say so on a stream: it drops the message. `code` is
   * `PermissionDenied` by default.
   */
  rejectNext(reason: string, options?: { readonly code?: CodeName }): void;
  /** Fails the next call of this RPC before it does anything; each call fails one more. */
  failNext(rpc: RpcName, code: CodeName, message?: string): void;
  /** From now on messages are stored and delivered, and their senders hear nothing of it: no ACK on any stream. */
  holdAcks(): void;
  /** Sends the ACKs that were held, in order, on streams that are still there. */
  releaseAcks(): void;
  /** Resets every connection; new ones are welcome. */
  disconnectAll(): void;
  /** Resets every connection and refuses new ones until `restart`. Rooms stay as they are. */
  stop(): Promise<void>;
  /**
   * Stops, if that was not done, and listens again on the same port. `keepRooms: false` begins with no rooms, like a server
   * that keeps nothing on disk: clients are told of a gap. Default true. Rejects when the port was taken meanwhile.
   */
  restart(options?: { readonly keepRooms?: boolean }): Promise<void>;
  /** Ends everything; nothing is left that would keep the process alive. */
  close(): Promise<void>;
}
