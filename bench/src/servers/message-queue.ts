/** Messages for one reader, who waits when there are none. */
export class MessageQueue<T> implements AsyncIterable<T> {
  #messages: T[] = [];
  #isEnded = false;
  #wake = () => {};

  push(message: T): void {
    this.#messages.push(message);
    this.#wake();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const messages = this.#messages;
      this.#messages = [];
      yield* messages;
      if (this.#messages.length > 0) continue;
      if (this.#isEnded) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
