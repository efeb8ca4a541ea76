import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { BotTask } from "./bot.ts";

const program = fileURLToPath(new URL("./bot.ts", import.meta.url));

/** A bot in a process of its own, with all that it has said. */
export class BotProcess implements AsyncDisposable {
  readonly said: [word: string, what: unknown][] = [];
  readonly #child: ChildProcess;
  #waiting: (() => void)[] = [];
  #hasEnded = false;

  constructor(task: BotTask) {
    const child = spawn(process.execPath, [program, JSON.stringify(task)], { stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    createInterface(child.stdout).on("line", (line) => {
      this.said.push(JSON.parse(line));
      this.#wake();
    });
    child.once("close", () => {
      this.#hasEnded = true;
      this.#wake();
    });
  }

  /** What it has said by this word, in order. */
  all(word: string): unknown[] {
    return this.said.filter(([said]) => said === word).map(([, what]) => what);
  }

  /** Resolves when the condition holds; rejects when the bot ends before. */
  async until(condition: (bot: this) => boolean): Promise<void> {
    while (!condition(this)) {
      if (this.#hasEnded) throw new Error(`the bot has ended; it said ${JSON.stringify(this.said.slice(-20))}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** SIGKILL; resolves when all that it said has been read. */
  async kill(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#child, "close");
    this.#child.kill("SIGKILL");
    await ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
