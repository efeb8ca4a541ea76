import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** How long a program that is told to end may take before it is killed. */
const farewellMs = 5_000;

/** What programs say: something, or why they fail. See child.ts. */
export type Said = { readonly value: unknown } | { readonly error: string };

/** A program of the benchmarks in a process of its own, which ends with this process, however that ends. */
export class Program implements AsyncDisposable {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #said: unknown[] = [];
  readonly #ended: Promise<unknown>;
  #failure: Error | undefined;
  #waiting: { resolve(value: unknown): void; reject(error: Error): void } | undefined;

  /** Starts a file, given as seen from `src`, with parameters that JSON can hold. Its output goes to stderr. */
  static start(file: string, parameters: unknown = null, execArgv: readonly string[] = []): Program {
    return new Program(file, parameters, execArgv);
  }

  private constructor(file: string, parameters: unknown, execArgv: readonly string[]) {
    this.#name = file;
    this.#child = fork(fileURLToPath(new URL(`../${file}`, import.meta.url)), [JSON.stringify(parameters)], {
      execArgv: [...process.execArgv, ...execArgv],
      stdio: ["ignore", 2, 2, "ipc"],
    });
    this.#ended = once(this.#child, "exit").catch(() => {});
    this.#child.on("message", (said: Said) => {
      if ("error" in said) this.#fail(new Error(`${file} failed: ${said.error}`));
      else this.#take(said.value);
    });
    this.#child.on("error", (error) => this.#fail(error));
    this.#child.on("exit", (code, signal) => this.#fail(new Error(`${file} ended with ${signal ?? code}`)));
  }

  /** Why it has ended or failed, if it has. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** The next thing that it says. Rejects when it has failed or ended instead. */
  next<T>(): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#said.length > 0) resolve(this.#said.shift() as T);
      else if (this.#failure !== undefined) reject(this.#failure);
      else if (this.#waiting !== undefined) reject(new Error(`${this.#name}: one question at a time`));
      else this.#waiting = { resolve: (value) => resolve(value as T), reject };
    });
  }

  /** What it says to a question. */
  ask<T>(question: unknown): Promise<T> {
    const answer = this.next<T>();
    if (this.#child.connected) this.#child.send({ question });
    return answer;
  }

  /** SIGKILL; resolves when it is dead. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  /** Lets it end by itself; resolves when it has. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), farewellMs);
    await this.#ended;
    clearTimeout(timer);
  }

  #take(value: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#said.push(value);
    else waiting.resolve(value);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }
}
