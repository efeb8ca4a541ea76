import { type IPty, spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import { cleanEnv, commandFile } from "./command.ts";
import { screenText } from "./screen-text.ts";
import { Transcript } from "./transcript.ts";

/** A command in a real pseudo terminal, with an emulator that knows what a person would see. */
export class RunningTerminal implements AsyncDisposable {
  readonly exitCode: Promise<number>;
  /** Every byte, escape sequences included. */
  readonly #bytes = new Transcript();
  readonly #pty: IPty;
  readonly #emulator: InstanceType<typeof xterm.Terminal>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, size = { cols: 60, rows: 24 }) {
    this.#emulator = new xterm.Terminal({ ...size, allowProposedApi: true });
    this.#pty = spawn(process.execPath, [commandFile, ...args], {
      ...size,
      name: "xterm-256color",
      env: cleanEnv(env),
    });
    this.#pty.onData((text) => this.#emulator.write(text, () => this.#bytes.append(text)));
    this.exitCode = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode }) => this.#emulator.write("", () => resolve(exitCode)));
    });
    this.exitCode.then(() => this.#bytes.end());
  }

  /** Every byte so far. */
  get output(): string {
    return this.#bytes.text;
  }

  /** What a person sees. */
  get screen(): string {
    return screenText(this.#emulator);
  }

  type(text: string): void {
    this.#pty.write(text);
  }

  signal(name: NodeJS.Signals): void {
    this.#pty.kill(name);
  }

  /** Resolves once the screen matches; rejects with the screen when the command ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#bytes.until(pattern, () => this.screen);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#pty.kill("SIGKILL");
    await this.exitCode;
    this.#emulator.dispose();
  }
}
