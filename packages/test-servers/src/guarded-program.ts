import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { standStill } from "./stand-still.ts";

/** One run of the program. */
interface Run {
  pid: number | undefined;
  hasEnded: boolean;
  readonly started: PromiseWithResolvers<void>;
  /** With the exit code, if it has one. */
  readonly ended: PromiseWithResolvers<number | undefined>;
}

/**
 * A program and a folder for it, under a guard: a small process that kills the one and removes the other when this process
 * is gone. Does not keep this process alive.
 */
export class GuardedProgram {
  readonly folder: string;
  readonly #guard: ChildProcess;
  readonly #guardEnded: Promise<unknown>;
  #run: Run | undefined;

  /** Makes a folder whose name has `name` in it, and starts the guard. */
  static async create(name: string, program: string): Promise<GuardedProgram> {
    return new GuardedProgram(await mkdtemp(join(tmpdir(), `im-sdk-${name}-`)), program);
  }

  private constructor(folder: string, program: string) {
    this.folder = folder;
    this.#guard = fork(guardFile(), [folder, program], { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
    this.#guardEnded = once(this.#guard, "exit").then(() => this.#hasEnded());
    this.#guard.on("message", ({ pid, code }: { pid?: number; code?: number }) => {
      if (pid === undefined) this.#hasEnded(code);
      else this.#hasStarted(pid);
    });
    this.#keepAlive(false);
  }

  get isRunning(): boolean {
    return this.#run?.hasEnded === false;
  }

  /** Runs the program, which must not be running, in the folder. Done when it runs or has failed to. */
  async run(args: readonly string[]): Promise<void> {
    const started = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<number | undefined>();
    this.#run = { pid: undefined, hasEnded: false, started, ended };
    this.#keepAlive(true);
    this.#guard.send(args);
    await started.promise;
    this.#keepAlive(false);
  }

  /** Signals the program; nothing when it does not run. After SIGSTOP it stands still. */
  signal(signal: NodeJS.Signals): void {
    if (!this.isRunning || this.#run?.pid === undefined) return;
    try {
      if (signal === "SIGSTOP") standStill(this.#run.pid);
      else process.kill(this.#run.pid, signal);
    } catch (error) {
      // It has ended, and word of that is on its way.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  /** Done when the program, if it runs, has ended: its exit code, undefined when a signal ended it. */
  async whenEnded(): Promise<number | undefined> {
    this.#keepAlive(true);
    const code = await this.#run?.ended.promise;
    this.#keepAlive(false);
    return code;
  }

  /** Done when the program is dead. */
  async kill(): Promise<void> {
    this.#keepAlive(true);
    await this.#run?.started.promise;
    this.signal("SIGKILL");
    await this.#run?.ended.promise;
    this.#keepAlive(false);
  }

  /** The last lines of what the program said. */
  async lastWords(): Promise<string> {
    const output = await readFile(join(this.folder, "server.log"), "utf8").catch(() => "");
    return output.trimEnd().split("\n").slice(-20).join("\n");
  }

  /** Done when the program and the guard are dead and the folder is gone. */
  async close(): Promise<void> {
    this.#keepAlive(true);
    if (this.#guard.connected) this.#guard.disconnect();
    await this.#guardEnded;
  }

  #hasStarted(pid: number): void {
    if (this.#run === undefined) return;
    this.#run.pid = pid;
    this.#run.started.resolve();
  }

  #hasEnded(code?: number): void {
    if (this.#run === undefined) return;
    this.#run.hasEnded = true;
    this.#run.started.resolve();
    this.#run.ended.resolve(code);
  }

  #keepAlive(wanted: boolean): void {
    const change = wanted ? "ref" : "unref";
    this.#guard[change]();
    this.#guard.channel?.[change]();
  }
}

/** Beside this file, compiled when this file is. */
function guardFile(): string {
  const name = import.meta.url.endsWith(".ts") ? "./guard.ts" : "./guard.js";
  return fileURLToPath(new URL(name, import.meta.url));
}
