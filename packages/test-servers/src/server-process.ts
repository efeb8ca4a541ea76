import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { standStill } from "./stand-still.ts";

/**
 * A server in a process of its own, which can be killed and started again on the same port: a script that takes the port as its
 * last argument, and says on its first line where it listens, with the port at the end.
 */
export class ServerProcess implements AsyncDisposable {
  readonly #script: string;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;
  #port = 0;

  constructor(script: string, ...args: string[]) {
    this.#script = script;
    this.#args = args;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when the server listens; rejects when it ended before that. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [this.#script, ...this.#args, String(this.#port)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child = child;
    const ended = once(child, "exit").then(([code, signal]) => {
      throw new Error(`the server ended before it listened (${signal ?? `exit code ${code}`})`);
    });
    const [line] = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
    this.#port = Number(/\d+$/.exec(String(line))?.[0]);
  }

  /** SIGSTOP: connections stay open, and from now on nothing is answered. */
  pause(): void {
    if (this.#child?.pid !== undefined) standStill(this.#child.pid);
  }

  /** SIGKILL, also while paused; resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.#end((child) => child.kill("SIGKILL"));
  }

  /** Lets a script that ends with its standard input close in order, also while paused; resolves when the process is gone. */
  async stop(): Promise<void> {
    await this.#end((child) => {
      child.kill("SIGCONT");
      child.stdin?.end();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  async #end(how: (child: ChildProcess) => void): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    how(child);
    await exited;
  }
}
