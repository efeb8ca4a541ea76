import type { LogEntry } from "../log/room-log.ts";
import type { OutgoingFrame } from "../stream/outgoing-frame.ts";
import { frameFor } from "./fan-out.ts";

/**
 * The frames of a room's stored messages for streams that catch up. Where many fall behind they catch up together, and what is
 * asked for within one turn of the event loop is made, and encoded, once. Nothing is kept longer: the log is long-lived.
 */
export class CaughtUpFrames {
  readonly #positioned = new Map<bigint, OutgoingFrame>();
  readonly #plain = new Map<bigint, OutgoingFrame>();
  #isForgetting = false;

  /** As {@link frameFor}. */
  frameFor(entry: LogEntry, resume: boolean): OutgoingFrame {
    const frames = resume ? this.#positioned : this.#plain;
    const { sequence } = entry.message;
    const known = frames.get(sequence);
    if (known !== undefined) return known;
    const frame = frameFor(entry, resume);
    frames.set(sequence, frame);
    this.#forgetLater();
    return frame;
  }

  #forgetLater(): void {
    if (this.#isForgetting) return;
    this.#isForgetting = true;
    setImmediate(() => {
      this.#isForgetting = false;
      this.#positioned.clear();
      this.#plain.clear();
    });
  }
}
