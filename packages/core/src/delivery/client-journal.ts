import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { ClientStore } from "@im-sdk/contracts";
import { type MessageRequest, MessageRequestSchema, RoomCursorSchema } from "@im-sdk/gen";
import { ImError } from "../im-error.ts";
import type { RoomPosition } from "./gap.ts";
import { StoreWriter } from "./store-writer.ts";

export interface ClientJournalOptions {
  store: ClientStore;
  userId: string;
  /** What could not be kept and nobody waits for. */
  onError(error: ImError): void;
}

/** A message that an earlier process has not seen settled. */
export interface KeptMessage {
  readonly message: MessageRequest;
  readonly deadlineAtMs: number;
}

/** What an earlier process has left. */
export interface KeptState {
  /** In the order of sending. */
  readonly messages: readonly KeptMessage[];
  /** By room id. */
  readonly cursors: ReadonlyMap<string, RoomPosition>;
}

const userKey = "user";
const messagePrefix = "outbox/";
const cursorPrefix = "cursor/";

/** What of a client outlives its process, as keys and values of a store: unsettled messages, and the cursor of each room. */
export class ClientJournal {
  readonly #options: ClientJournalOptions;
  readonly #writer: StoreWriter;
  /** By message id. */
  readonly #messageKeys = new Map<string, string>();
  /** What is to be done once the store is loaded; undefined from then on. */
  #deferred: (() => void)[] | undefined = [];
  #lastNumber = 0;
  /** What was opened by another client is that one's to close. */
  #isOpen = false;
  #isClosed = false;
  #lastReported: ImError | undefined;

  constructor(options: ClientJournalOptions) {
    this.#options = options;
    this.#writer = new StoreWriter(options.store);
  }

  /** Reads the store, once; nothing is written before. Rejects with an ImError; it may then be called again. */
  async load(takeOver: (state: KeptState) => void): Promise<void> {
    if (this.#deferred === undefined) return;
    const values = await open(this.#options.store);
    this.#isOpen = true;
    try {
      if (this.#isClosed) throw new ImError("canceled", "the client was disconnected while its store was opened");
      takeOver(this.#read(values));
    } catch (error) {
      this.#isOpen = false;
      await this.#options.store.close();
      throw error;
    }
    const deferred = this.#deferred;
    this.#deferred = undefined;
    for (const action of deferred) action();
  }

  /** Calls back when the message is kept, or with why it is not; in the order of the calls. */
  keep(message: MessageRequest, deadlineAtMs: number, done: (error: ImError | undefined) => void): void {
    this.#whenLoaded(() => {
      const { messageId } = message;
      if (this.#messageKeys.has(messageId)) return done(undefined);
      const key = `${messagePrefix}${String(++this.#lastNumber).padStart(16, "0")}/${Math.ceil(deadlineAtMs)}`;
      this.#messageKeys.set(messageId, key);
      void this.#writer.set(key, toBinary(MessageRequestSchema, message)).then(done);
    });
  }

  /** Calls back when no later process will find the message, or when that could not be written and was told as an error. */
  forget(messageId: string, done: () => void = () => {}): void {
    this.#whenLoaded(() => {
      const key = this.#messageKeys.get(messageId);
      if (key === undefined) return done();
      this.#messageKeys.delete(messageId);
      void this.#reported(this.#writer.set(key, undefined)).then(done);
    });
  }

  /** How far a room has been read; undefined forgets it. */
  moveCursor(roomId: string, position: RoomPosition | undefined): void {
    const value = position && toBinary(RoomCursorSchema, create(RoomCursorSchema, position));
    this.#whenLoaded(() => void this.#reported(this.#writer.set(cursorPrefix + roomId, value)));
  }

  /** Resolves when everything so far is kept, or has failed and been told. */
  async written(): Promise<void> {
    await this.#writer.written();
  }

  /** Writes what is left and closes the store. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.written();
    if (this.#isOpen) await this.#options.store.close();
  }

  #whenLoaded(action: () => void): void {
    if (this.#deferred === undefined) action();
    else this.#deferred.push(action);
  }

  #read(values: ReadonlyMap<string, Uint8Array>): KeptState {
    const { userId } = this.#options;
    const owner = values.get(userKey);
    if (owner !== undefined && Buffer.from(owner).toString() !== userId) {
      throw new ImError("failed_precondition", `the store is that of user "${Buffer.from(owner)}", not of "${userId}"`);
    }
    const messages = [...values.keys()].filter((key) => key.startsWith(messagePrefix)).sort();
    const rooms = [...values.keys()].filter((key) => key.startsWith(cursorPrefix));
    const state = {
      messages: messages.map((key) => this.#readMessage(key, values.get(key))),
      cursors: new Map(rooms.map((key) => [key.slice(cursorPrefix.length), readCursor(key, values.get(key))])),
    };
    if (owner === undefined) void this.#reported(this.#writer.set(userKey, Buffer.from(userId)));
    return state;
  }

  #readMessage(key: string, value: Uint8Array = new Uint8Array()): KeptMessage {
    const [, number = "", deadlineAtMs = ""] = /^(\d+)\/(\d+)$/.exec(key.slice(messagePrefix.length)) ?? [];
    if (number === "") throw unreadable(key);
    const message = read(key, () => fromBinary(MessageRequestSchema, value));
    this.#lastNumber = Math.max(this.#lastNumber, Number(number));
    this.#messageKeys.set(message.messageId, key);
    return { message, deadlineAtMs: Number(deadlineAtMs) };
  }

  /** Each failed batch is told once, however many changes it held. */
  async #reported(written: Promise<ImError | undefined>): Promise<void> {
    const error = await written;
    if (error === undefined || error === this.#lastReported) return;
    this.#lastReported = error;
    this.#options.onError(error);
  }
}

async function open(store: ClientStore): Promise<Map<string, Uint8Array>> {
  try {
    return new Map((await store.load()).map(({ key, value }) => [key, value]));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ImError("failed_precondition", `the store could not be opened: ${why}`, { cause });
  }
}

function readCursor(key: string, value: Uint8Array = new Uint8Array()): RoomPosition {
  const { epoch, sequence } = read(key, () => fromBinary(RoomCursorSchema, value));
  return { epoch, sequence };
}

function read<T>(key: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw unreadable(key, cause);
  }
}

function unreadable(key: string, cause?: unknown): ImError {
  return new ImError("data_loss", `the store holds "${key}", which cannot be read: another program may use it`, {
    cause,
  });
}
