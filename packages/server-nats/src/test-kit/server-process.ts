import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("cluster-server.ts", import.meta.url));

/** A server on a NATS, in a process of its own, that is killed and started again on the same port. */
export class ServerProcess implements AsyncDisposable {
  readonly #nats: string;
  #child: ChildProcess | undefined;
  #port = 0;

  constructor(nats: string) {
    this.#nats = nats;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [script, this.#nats, String(this.#port)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child = child;
    const ended = once(child, "exit").then(([code, signal]) => {
      throw new Error(`the server ended before it listened (${signal ?? code})`);
    });
    const [line] = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
    ended.catch(() => {});
    this.#port = Number(/\d+$/.exec(String(line))?.[0]);
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
