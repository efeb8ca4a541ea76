import type { Socket } from "node:net";
import type { Clock } from "@im-sdk/contracts";
import { resetSocket } from "./reset-socket.ts";

/** What is wrong with one direction of the network; shared by all lanes of that direction, and changed while they run. */
export interface LaneFaults {
  stalled: boolean;
  delayMs: number;
  bytesPerSecond: number;
  readonly maxHeldBytes: number;
  readonly clock: Clock;
}

interface Parcel {
  content: Buffer | "end" | "reset";
  readonly arrivedAt: number;
}

/**
 * Carries the bytes of one socket to another, in order, subject to faults. The end and the reset of a connection travel with
 * the bytes, so that a stall holds them too, as a partition of the network would. Holds at most `maxHeldBytes` and one read;
 * past that the source is paused, and TCP itself slows the sender down.
 */
export class Lane {
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #faults: LaneFaults;
  readonly #parcels: Parcel[] = [];
  #heldBytes = 0;
  #awaitsDrain = false;
  #throttledUntil = 0;
  #timer: unknown;

  constructor(source: Socket, sink: Socket, faults: LaneFaults) {
    this.#source = source;
    this.#sink = sink;
    this.#faults = faults;
    source.on("data", (chunk: Buffer) => this.#take(chunk));
    source.on("end", () => this.#take("end"));
    source.on("error", () => this.#take("reset"));
    sink.on("drain", () => {
      this.#awaitsDrain = false;
      this.pump();
    });
    sink.on("close", () => this.#abandon());
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Moves on what may move now; called again whenever a fault changes. */
  pump(): void {
    const { clock } = this.#faults;
    clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    for (let parcel = this.#parcels[0]; parcel !== undefined; parcel = this.#parcels[0]) {
      if (this.#faults.stalled || this.#awaitsDrain) break;
      const waitMs = this.#dueAt(parcel) - clock.now();
      if (waitMs > 0) {
        this.#timer = clock.setTimeout(() => this.pump(), waitMs);
        break;
      }
      this.#hand(parcel);
    }
    if (this.#heldBytes < this.#faults.maxHeldBytes) this.#source.resume();
  }

  #take(content: Parcel["content"]): void {
    if (this.#sink.destroyed) return;
    this.#parcels.push({ content, arrivedAt: this.#faults.clock.now() });
    if (typeof content !== "string") this.#heldBytes += content.length;
    if (this.#heldBytes >= this.#faults.maxHeldBytes) this.#source.pause();
    this.pump();
  }

  #hand(parcel: Parcel): void {
    if (typeof parcel.content === "string") {
      this.#parcels.shift();
      if (parcel.content === "end") this.#sink.end();
      else resetSocket(this.#sink);
      return;
    }
    const bytes = parcel.content.subarray(0, this.#allowance());
    if (bytes.length === parcel.content.length) this.#parcels.shift();
    else parcel.content = parcel.content.subarray(bytes.length);
    this.#heldBytes -= bytes.length;
    this.#awaitsDrain = !this.#sink.write(bytes);
    const { bytesPerSecond, clock } = this.#faults;
    this.#throttledUntil = Math.max(this.#throttledUntil, clock.now()) + (bytes.length * 1_000) / bytesPerSecond;
  }

  #dueAt(parcel: Parcel): number {
    const { bytesPerSecond, delayMs } = this.#faults;
    const delayed = parcel.arrivedAt + delayMs;
    return bytesPerSecond === Infinity ? delayed : Math.max(delayed, this.#throttledUntil);
  }

  /** Bytes for one write: all, or a fiftieth of a second's worth. */
  #allowance(): number {
    return Math.max(1, Math.ceil(this.#faults.bytesPerSecond / 50));
  }

  /** Nobody is left to carry for. What the source still says is read and dropped, so that its own end is noticed. */
  #abandon(): void {
    this.#parcels.length = 0;
    this.#heldBytes = 0;
    this.#faults.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#source.resume();
  }
}
