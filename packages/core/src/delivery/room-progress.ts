/** Where a received message stands that its handler has not acknowledged. */
type Standing =
  /** With its consumers, queued or being handled. */
  | "out"
  /** They are done with it and did not acknowledge it: it is given again when it comes again. */
  | "left over"
  /** Acknowledged, behind one that is not. */
  | "acknowledged";

/** What of a room was handed out and not acknowledged, in the room's order: the room is read up to the first of these. */
export class RoomProgress {
  /** By sequence, in the order of the room. */
  readonly #standings = new Map<bigint, Standing>();
  readonly #open: { count: number };
  #readUpTo = 0n;

  /** `open.count` is kept up: how many messages are not acknowledged, over all rooms. */
  constructor(open: { count: number }) {
    this.#open = open;
  }

  /** The position up to which all is acknowledged; undefined when that is all there was. */
  get readUpTo(): bigint | undefined {
    return this.#standings.size === 0 ? undefined : this.#readUpTo;
  }

  /** A message is handed out; `before` is the position up to which the room had been received. */
  onHandedOut(sequence: bigint, before: bigint): void {
    if (this.#standings.size === 0) this.#readUpTo = before;
    this.#standings.set(sequence, "out");
    this.#open.count++;
  }

  /** The log that these are of has ended: nothing of it is waited for. */
  discard(): void {
    this.#open.count -= this.#standings.size;
    this.#standings.clear();
  }

  /** Its consumers are done with it. */
  onDone(sequence: bigint): void {
    if (this.#standings.get(sequence) === "out") this.#standings.set(sequence, "left over");
  }

  acknowledge(sequence: bigint): void {
    if (!this.#standings.has(sequence)) return;
    this.#standings.set(sequence, "acknowledged");
    this.#readOn();
  }

  isAcknowledged(sequence: bigint): boolean {
    const standing = this.#standings.get(sequence);
    return standing === undefined || standing === "acknowledged";
  }

  /** It comes again: true when it is to be handed out again. */
  takeLeftOver(sequence: bigint): boolean {
    if (this.#standings.get(sequence) !== "left over") return false;
    this.#standings.set(sequence, "out");
    return true;
  }

  /** What is left over of before a position will not come again, and that has been told. */
  giveUpLeftOvers(before: bigint): void {
    for (const [sequence, standing] of this.#standings) {
      if (sequence >= before) break;
      if (standing === "left over") this.#standings.set(sequence, "acknowledged");
    }
    this.#readOn();
  }

  #readOn(): void {
    for (const [sequence, standing] of this.#standings) {
      if (standing !== "acknowledged") return;
      this.#standings.delete(sequence);
      this.#open.count--;
      this.#readUpTo = sequence;
    }
  }
}
