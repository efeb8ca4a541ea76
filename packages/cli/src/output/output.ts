import { once } from "node:events";
import { styleText } from "node:util";
import type { CliIo } from "../cli-io.ts";
import { printableJson } from "./printable.ts";

/** What a piece of text is, which decides how it looks. */
export type Look = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Where a command writes: results to stdout, as text or as one JSON object a line, and words to people to stderr. */
export class Output {
  readonly isJson: boolean;
  readonly #io: CliIo;

  constructor(io: CliIo, isJson: boolean) {
    this.#io = io;
    this.isJson = isJson;
  }

  /** Writes a result; resolves when stdout takes more. The text is to be printable already; the value need not be. */
  async result(value: object, text: () => string): Promise<void> {
    const { stdout, signal } = this.#io;
    signal.throwIfAborted();
    const line = this.isJson ? printableJson(value) : text();
    if (!stdout.write(`${line}\n`)) await once(stdout, "drain", { signal });
  }

  /** A line to who watches. It is to be printable already. */
  note(text: string): void {
    this.#io.stderr.write(`${text}\n`);
  }

  /** Text for stdout in colour, where that is a terminal and nobody asked for none. */
  styled(look: Look, text: string): string {
    return styledFor(this.#io.stdout, look, text);
  }
}

/** Text in colour, where the stream is a terminal that has colours and nobody asked for none (`NO_COLOR`). */
export function styledFor(stream: NodeJS.WriteStream, look: Look, text: string): string {
  const hasColours = stream.isTTY && stream.hasColors();
  return hasColours ? styleText(look, text, { validateStream: false }) : text;
}
