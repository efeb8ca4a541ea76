import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** One run of a server's program, under a guard that ends it when this process is gone. Does not keep this process alive. */
export class ServerProcess {
  readonly #folder: string;
  readonly #guard: ChildProcess;
  readonly #ended: Promise<void>;
  #pid: number | undefined;

  /** Runs `program` in `folder`, where its output goes into `server.log`. Done when it runs or has failed to. */
  static async start(folder: string, program: string, args: readonly string[]): Promise<ServerProcess> {
    const run = new ServerProcess(folder, program, args);
    const { promise: started, resolve } = Promise.withResolvers<void>();
    run.#guard.once("message", (pid) => {
      if (typeof pid === "number") run.#pid = pid;
      resolve();
    });
    await Promise.race([started, run.#ended]);
    run.#guard.unref();
    run.#guard.channel?.unref();
    return run;
  }

  private constructor(folder: string, program: string, args: readonly string[]) {
    this.#folder = folder;
    this.#guard = fork(guardFile(), [folder, program, ...args], {
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#ended = once(this.#guard, "exit").then(() => {});
  }

  get hasEnded(): boolean {
    return this.#guard.exitCode !== null || this.#guard.signalCode !== null;
  }

  /** Signals the server; nothing when it has ended. */
  signal(signal: NodeJS.Signals): void {
    if (this.hasEnded || this.#pid === undefined) return;
    try {
      process.kill(this.#pid, signal);
    } catch (error) {
      // It has ended, and word of that is on its way.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  /** Done when server and guard are dead. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    this.#guard.ref();
    await this.#ended;
  }

  /** The last lines of its output. */
  async lastWords(): Promise<string> {
    const output = await readFile(join(this.#folder, "server.log"), "utf8").catch(() => "");
    return output.trimEnd().split("\n").slice(-20).join("\n");
  }
}

/** Beside this file, compiled when this file is. */
function guardFile(): string {
  const name = import.meta.url.endsWith(".ts") ? "./guard.ts" : "./guard.js";
  return fileURLToPath(new URL(name, import.meta.url));
}
