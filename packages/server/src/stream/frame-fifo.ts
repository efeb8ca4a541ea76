import type { OutgoingFrame } from "./outgoing-frame.ts";

/** From so many taken frames on, their places are given back. */
const cutFrom = 1024;

/** Frames, first in, first out, and the sum of their bytes. */
export class FrameFifo {
  // Frames before `#first` have been taken; they are cut off in bulk, since shift() on a long array is slow.
  #frames: (OutgoingFrame | undefined)[] = [];
  #first = 0;
  #bytes = 0;

  get length(): number {
    return this.#frames.length - this.#first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  put(frame: OutgoingFrame): void {
    this.#frames.push(frame);
    this.#bytes += frame.bytes;
  }

  peek(): OutgoingFrame | undefined {
    return this.#frames[this.#first];
  }

  take(): OutgoingFrame | undefined {
    const frame = this.#frames[this.#first];
    if (frame === undefined) return undefined;
    this.#frames[this.#first++] = undefined;
    this.#bytes -= frame.bytes;
    if (this.#first === this.#frames.length) {
      this.#frames.length = this.#first = 0;
    } else if (this.#first >= cutFrom) {
      this.#frames = this.#frames.slice(this.#first);
      this.#first = 0;
    }
    return frame;
  }

  clear(): void {
    this.#frames = [];
    this.#first = 0;
    this.#bytes = 0;
  }
}
