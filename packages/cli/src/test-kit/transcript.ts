/** What a process has said so far, to be waited for. */
export class Transcript {
  text = "";
  #hasEnded = false;
  #waiting: (() => void)[] = [];

  append(text: string): void {
    this.text += text;
    this.#wake();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  /** Resolves with the match once the view of it matches; rejects with the text when it ends before. */
  async until(pattern: RegExp, view: () => string = () => this.text): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(view());
      if (match !== null) return match;
      if (this.#hasEnded) throw new Error(`it ended without ${pattern}; it said:\n${view()}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
