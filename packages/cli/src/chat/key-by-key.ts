import { PassThrough } from "node:stream";

/**
 * A terminal's input, given on one key after another. Of what is pasted, readline gets many in a chunk and then no longer knows in
 * which row its cursor is.
 */
export class KeyByKey extends PassThrough {
  readonly isTTY = true;
  readonly #terminal: NodeJS.ReadStream;

  constructor(terminal: NodeJS.ReadStream) {
    super();
    this.#terminal = terminal;
    terminal.setEncoding("utf8").on("data", this.#onData).once("end", this.#onEnd);
  }

  /** As readline asks for it. */
  setRawMode(isRaw: boolean): this {
    this.#terminal.setRawMode(isRaw);
    return this;
  }

  /** Gives the terminal back: nothing of it is read any more. */
  release(): void {
    this.#terminal.off("data", this.#onData).off("end", this.#onEnd).pause();
  }

  #onData = (text: string): void => {
    for (const character of text) this.write(character);
  };

  #onEnd = (): void => {
    this.end();
  };
}
