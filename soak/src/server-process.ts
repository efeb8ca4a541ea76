import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { GuardedProgram } from "@im-sdk/test-servers";

const serverScript = fileURLToPath(new URL("./server.ts", import.meta.url));

/** Where a server keeps its rooms' logs. */
export type LogKind = "memory" | "disk";

export interface ServerProcessOptions {
  readonly port: number;
  readonly log: LogKind;
  /** It has ended and nobody had asked it to, has not ended or begun in time, or complained of something. */
  readonly onFailed: (words: string) => void;
  /** Until it listens, at the most; default 60 s, since a busy machine may take a multiple of what a quiet one needs. */
  readonly startTimeoutMs?: number;
  /** From SIGTERM to its end, at the most; default 20 s, where the server itself gives its clients one. */
  readonly drainTimeoutMs?: number;
  /** The program that is run; by default server.ts. */
  readonly script?: string;
}

/** A server in a process of its own, with a folder that outlives it; both are gone when this process is. */
export class ServerProcess {
  readonly #program: GuardedProgram;
  readonly #options: Required<ServerProcessOptions>;
  /** Whether it is to run: then its end is a failure. */
  #isWanted = false;
  /** Done when its end has been told, if it was to be. */
  #watching: Promise<void> = Promise.resolve();

  /** Makes its folder; it does not run yet. */
  static async create(options: ServerProcessOptions): Promise<ServerProcess> {
    return new ServerProcess(await GuardedProgram.create("soak", process.execPath), options);
  }

  private constructor(program: GuardedProgram, options: ServerProcessOptions) {
    this.#program = program;
    this.#options = { startTimeoutMs: 60_000, drainTimeoutMs: 20_000, script: serverScript, ...options };
  }

  /** On the same port and folder. Done when it listens, or has died, or was killed because it took too long. */
  async start(): Promise<void> {
    const { port, log, script, startTimeoutMs, onFailed } = this.#options;
    this.#isWanted = true;
    await this.#program.run([script, String(port), this.#program.folder, log]);
    this.#watching = this.#watch();
    const startedAtMs = performance.now();
    while (this.#program.isRunning && !(await isListening(port))) {
      if (performance.now() - startedAtMs > startTimeoutMs) {
        await this.kill();
        onFailed(`did not listen within ${startTimeoutMs} ms: ${await this.#program.lastWords()}`);
        return;
      }
      await delay(20);
    }
    if (!this.#program.isRunning) await this.#watching;
  }

  /** SIGKILL, also while frozen; done when it is dead. */
  async kill(): Promise<void> {
    this.#isWanted = false;
    await this.#program.kill();
  }

  /** SIGTERM, if it runs; done when it has ended: by itself and in order, or else that is told. */
  async drain(): Promise<void> {
    if (!this.#program.isRunning) return;
    const { drainTimeoutMs, onFailed } = this.#options;
    this.#isWanted = false;
    this.#program.signal("SIGTERM");
    const isOver = new AbortController();
    const timeout = delay(drainTimeoutMs, "late" as const, { signal: isOver.signal }).catch(() => undefined);
    const end = await Promise.race([this.#program.whenEnded(), timeout]);
    isOver.abort();
    if (end === "late") await this.kill();
    if (end === 0) return;
    const what =
      end === "late" ? `did not end within ${drainTimeoutMs} ms of SIGTERM` : `ended with ${end ?? "a signal"}`;
    onFailed(`${what}, drained: ${await this.#program.lastWords()}`);
  }

  freeze(): void {
    this.#program.signal("SIGSTOP");
  }

  thaw(): void {
    this.#program.signal("SIGCONT");
  }

  /** Kills it, and tells what it had to complain of in all of its lives. */
  async close(): Promise<void> {
    await this.kill();
    await this.#watching;
    const text = await readFile(join(this.#program.folder, "problems.log"), "utf8").catch(() => "");
    for (const line of text.split("\n")) if (line !== "") this.#options.onFailed(`complained: ${line}`);
    await this.#program.close();
  }

  async #watch(): Promise<void> {
    await this.#program.whenEnded();
    if (!this.#isWanted) return;
    this.#isWanted = false;
    this.#options.onFailed(`ended by itself: ${await this.#program.lastWords()}`);
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
