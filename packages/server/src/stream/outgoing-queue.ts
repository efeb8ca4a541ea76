import type { MessageResponse } from "@im-sdk/gen";
import { FrameFifo } from "./frame-fifo.ts";
import type { OutgoingFrame } from "./outgoing-frame.ts";
import type { QueueReader } from "./queue-reader.ts";
import { WaitList } from "./wait-list.ts";

/** Bounds and callbacks of an {@link OutgoingQueue}. */
export interface OutgoingQueueOptions {
  readonly maxMessages: number;
  readonly maxBytes: number;
  /** Called when the queue was full and has drained below half. */
  readonly onDrained: () => void;
  /** Called once, when nothing more will be taken from the queue: it ended, failed, or its reader went away. */
  readonly onEnd: () => void;
}

/** A reader that waits for the next frame. */
interface Waiting {
  resolve(result: IteratorResult<MessageResponse, undefined>): void;
  reject(reason: unknown): void;
}

const done = { done: true, value: undefined } as const;

/**
 * What waits to be written to one stream, in order. Room messages are bounded: {@link offer} says no. Acks, replies and
 * heartbeats are not: {@link push} always takes them, and {@link whenWritable} is there so that whoever causes them can be
 * made to wait instead. It has one reader: a {@link QueueReader}, or connect, to which it is the async iterator of an RPC,
 * written by hand: a frame costs no more promises than the protocol of iterators asks for.
 */
export class OutgoingQueue implements AsyncIterableIterator<MessageResponse, undefined> {
  readonly #options: OutgoingQueueOptions;
  readonly #frames = new FrameFifo();
  readonly #writers = new WaitList();
  #wasFull = false;
  #reader: QueueReader | undefined;
  #waiting: Waiting | undefined;
  #state: "open" | "ending" | "ended" = "open";
  #error: Error | undefined;

  constructor(options: OutgoingQueueOptions) {
    this.#options = options;
  }

  /** Frames that wait. */
  get length(): number {
    return this.#frames.length;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#frames.bytes;
  }

  /** Nothing more can be put in. */
  get closed(): boolean {
    return this.#state !== "open";
  }

  /** Nothing more can be taken out; {@link error} says why. */
  get ended(): boolean {
    return this.#state === "ended";
  }

  /** What the queue was ended with. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** From now on frames are taken by this reader, and not by iteration. */
  readBy(reader: QueueReader): void {
    this.#reader = reader;
    if (this.length > 0 || this.closed) reader.ready();
  }

  /** Takes a room message, unless a bound is reached; an empty queue takes one of any size. */
  offer(frame: OutgoingFrame): boolean {
    if (this.#isFull(frame.bytes)) this.#reader?.relieve();
    if (this.#state !== "open") return false;
    if (this.#waiting === undefined && this.#isFull(frame.bytes)) {
      this.#wasFull = true;
      return false;
    }
    this.#put(frame);
    return true;
  }

  /** Takes a small frame of the server's own, whatever the bounds. */
  push(frame: OutgoingFrame): void {
    if (this.#state === "open") this.#put(frame);
  }

  /** Nothing while less waits than twice the bounds; else a promise of the queue having drained below half, or ended. */
  whenWritable(): Promise<void> | undefined {
    if (this.#isWritable()) return undefined;
    this.#reader?.relieve();
    return this.#isWritable() ? undefined : this.#writers.wait();
  }

  /** Ends the iteration after what waits has been taken: normally, or with an error. */
  end(error?: Error): void {
    if (this.#state !== "open") return;
    this.#state = "ending";
    this.#error = error;
    if (this.length === 0) this.#finish();
    else this.#reader?.ready();
  }

  /** Drops what waits and ends the iteration with an error. */
  fail(error: Error): void {
    if (this.#state === "ended") return;
    this.#frames.clear();
    this.#state = "ending";
    this.#error ??= error;
    this.#finish();
  }

  /** The frame that {@link take} would take. */
  peek(): OutgoingFrame | undefined {
    return this.#frames.peek();
  }

  /** Takes the oldest frame, if there is one. */
  take(): OutgoingFrame | undefined {
    const frame = this.#frames.take();
    if (frame !== undefined) this.#afterTake();
    return frame;
  }

  next(): Promise<IteratorResult<MessageResponse, undefined>> {
    const frame = this.take();
    if (frame !== undefined) return Promise.resolve({ done: false, value: frame.message });
    if (this.#state !== "open") return this.#result();
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** The reader has gone, for whatever reason. */
  return(): Promise<IteratorResult<MessageResponse, undefined>> {
    this.#error = undefined;
    this.#frames.clear();
    if (this.#state !== "ended") this.#finish();
    return Promise.resolve(done);
  }

  throw(): Promise<IteratorResult<MessageResponse, undefined>> {
    return this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #isFull(bytes: number): boolean {
    if (this.length === 0) return false;
    return this.length >= this.#options.maxMessages || this.bytes + bytes > this.#options.maxBytes;
  }

  #isWritable(): boolean {
    const { maxMessages, maxBytes } = this.#options;
    return this.#state === "ended" || (this.length < 2 * maxMessages && this.bytes < 2 * maxBytes);
  }

  #put(frame: OutgoingFrame): void {
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      waiting.resolve({ done: false, value: frame.message });
      return;
    }
    this.#frames.put(frame);
    this.#reader?.ready();
  }

  #afterTake(): void {
    if (this.#state === "ending" && this.length === 0) {
      this.#finish();
      return;
    }
    const { maxMessages, maxBytes } = this.#options;
    const belowHalf = this.length * 2 < maxMessages && this.bytes * 2 < maxBytes;
    if (!belowHalf && this.length > 0) return;
    this.#writers.wake();
    if (!this.#wasFull || this.#state !== "open") return;
    this.#wasFull = false;
    this.#options.onDrained();
  }

  #finish(): void {
    this.#state = "ended";
    this.#writers.wake();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) this.#result().then(waiting.resolve, waiting.reject);
    this.#reader?.ready();
    this.#options.onEnd();
  }

  #result(): Promise<IteratorResult<MessageResponse, undefined>> {
    const error = this.#error;
    // Thrown once: after that the iterator is simply done, as a generator would be.
    this.#error = undefined;
    return error === undefined ? Promise.resolve(done) : Promise.reject(error);
  }
}
