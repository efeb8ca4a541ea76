import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { GuardedProgram } from "@im-sdk/test-servers";

const script = fileURLToPath(new URL("./server.ts", import.meta.url));

/** Where a server keeps its rooms' logs. */
export type LogKind = "memory" | "disk";

export interface ServerProcessOptions {
  readonly port: number;
  readonly log: LogKind;
  /** It has ended, and nobody had asked it to: its last words. */
  readonly onDied: (words: string) => void;
}

/** A server in a process of its own, with a folder that outlives it; both are gone when this process is. */
export class ServerProcess {
  readonly #program: GuardedProgram;
  readonly #options: ServerProcessOptions;
  #isWanted = false;

  /** Makes its folder; it does not run yet. */
  static async create(options: ServerProcessOptions): Promise<ServerProcess> {
    return new ServerProcess(await GuardedProgram.create("soak", process.execPath), options);
  }

  private constructor(program: GuardedProgram, options: ServerProcessOptions) {
    this.#program = program;
    this.#options = options;
  }

  /** On the same port and folder. Done when it listens, or has died. */
  async start(): Promise<void> {
    const { port, log, onDied } = this.#options;
    this.#isWanted = true;
    await this.#program.run([script, String(port), this.#program.folder, log]);
    void this.#program.whenEnded().then(async () => {
      if (!this.#isWanted) return;
      this.#isWanted = false;
      onDied(await this.#program.lastWords());
    });
    while (this.#program.isRunning && !(await isListening(port))) await delay(20);
  }

  /** SIGKILL, also while frozen; done when it is dead. */
  async kill(): Promise<void> {
    this.#isWanted = false;
    await this.#program.kill();
  }

  /** SIGTERM; done when it has ended by itself. */
  async drain(): Promise<void> {
    this.#isWanted = false;
    this.#program.signal("SIGTERM");
    await this.#program.whenEnded();
  }

  freeze(): void {
    this.#program.signal("SIGSTOP");
  }

  thaw(): void {
    this.#program.signal("SIGCONT");
  }

  /** What it had to complain of in all of its lives, one line each. */
  async problems(): Promise<string[]> {
    const text = await readFile(join(this.#program.folder, "problems.log"), "utf8").catch(() => "");
    return text.split("\n").filter((line) => line !== "");
  }

  async close(): Promise<void> {
    await this.kill();
    await this.#program.close();
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
