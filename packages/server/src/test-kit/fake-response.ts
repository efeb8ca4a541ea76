/** What a frame writer writes to: it keeps what it is given, and is full when it is told to be. */
export class FakeResponse {
  readonly writes: Uint8Array[] = [];
  /** What the call was ended with, once it was. */
  ended: { readonly error: unknown } | undefined;
  isWritable = true;
  isFull = false;
  #onDrain: (() => void) | undefined;

  write(bytes: Uint8Array): boolean {
    if (this.#onDrain !== undefined) throw new Error("written to while it was full");
    this.writes.push(bytes);
    return !this.isFull;
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  /** Has room again. */
  drain(): void {
    this.isFull = false;
    const onDrain = this.#onDrain;
    this.#onDrain = undefined;
    onDrain?.();
  }

  end(error?: unknown): void {
    this.ended = { error };
  }
}
