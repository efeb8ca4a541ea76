import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from "node:readline";
import { KeyByKey } from "./key-by-key.ts";

const prompt = "> ";

export interface ChatScreenOptions {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  /** A line was typed; it is no longer on the screen. */
  readonly onLine: (line: string) => void;
  /** Ctrl-C or Ctrl-D, or the terminal is gone. */
  readonly onLeave: () => void;
}

/**
 * A terminal with a line to type in at the bottom, and above it what happens. What is printed goes above the line, which stays
 * as it is, half typed as it may be. Texts are to be printable already.
 */
export class ChatScreen {
  readonly #output: NodeJS.WriteStream;
  readonly #readline: Interface;
  /** Rows from the beginning of the prompt to the end of what is typed, when Enter was pressed. */
  #typedRows = 0;
  #isOpen = false;

  constructor({ input, output, onLine, onLeave }: ChatScreenOptions) {
    this.#output = output;
    const keys = new KeyByKey(input);
    const readline = createInterface({ input: keys, output, terminal: true, prompt, historySize: 100 });
    this.#readline = readline;
    keys.prependListener("keypress", this.#onKeypress);
    readline.on("line", (line) => {
      if (this.#isOpen) this.#clearFrom(this.#typedRows + 1);
      onLine(line);
      if (this.#isOpen) readline.prompt();
    });
    readline.on("SIGINT", onLeave);
    readline.once("close", () => {
      keys.release();
      onLeave();
    });
  }

  /** Shows the line to type in. */
  open(): void {
    this.#isOpen = true;
    this.#readline.prompt();
  }

  print(text: string): void {
    if (!this.#isOpen) {
      this.#output.write(`${text}\n`);
      return;
    }
    const { rows } = this.#readline.getCursorPos();
    this.#clearFrom(rows);
    // readline goes up as many rows before it draws, so they must be there.
    this.#output.write(`${text}\n${"\n".repeat(rows)}`);
    this.#readline.prompt(true);
  }

  /** Shows lines right above the one to type in, in place of those shown there before. */
  setFooter(lines: readonly string[]): void {
    this.#readline.setPrompt([...lines, prompt].join("\n"));
    if (this.#isOpen) this.#readline.prompt(true);
  }

  /** Takes the line to type in away and gives the terminal back; what is printed then is only written. */
  close(): void {
    if (this.#isOpen) this.#clearFrom(this.#readline.getCursorPos().rows);
    this.#isOpen = false;
    this.#readline.close();
  }

  #clearFrom(rowsAbove: number): void {
    moveCursor(this.#output, 0, -rowsAbove);
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
  }

  /** Before readline hears of Enter: afterwards it no longer knows how many rows there were. */
  #onKeypress = (_text: string | undefined, key: { name?: string } | undefined): void => {
    if (key?.name !== "return" && key?.name !== "enter") return;
    this.#readline.write(null, { ctrl: true, name: "e" });
    this.#typedRows = this.#readline.getCursorPos().rows;
  };
}
