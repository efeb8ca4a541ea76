import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findServer } from "./find-server.ts";
import { PortBlock } from "./port-block.ts";
import type { RunningServer } from "./running-server.ts";
import type { ServerName } from "./server-name.ts";
import { ServerProcess } from "./server-process.ts";

/** How to run one kind of server. */
export interface ServerPlan {
  readonly name: ServerName;
  /** Ports it needs; clients talk to the first. */
  readonly portCount: number;
  args(ports: readonly number[], dataFolder: string): string[];
  /** One look whether it is ready for work; a rejection means that it is not. */
  isReady(address: string, signal: AbortSignal): Promise<boolean>;
  /** What is to be set up once it runs without data. */
  prepare?(address: string): Promise<void>;
}

/** The longest that a server may take to be ready: many times what it needs on a busy machine. */
const readyTimeoutMs = 60_000;
const maxAttempts = 3;

/** A server of any kind: its ports and its folder, and its process while it runs. */
export class LocalServer implements RunningServer {
  readonly #plan: ServerPlan;
  readonly #program: string;
  readonly #block: PortBlock;
  readonly #folder: string;
  #process: ServerProcess | undefined;
  #stopped: Promise<void> | undefined;

  static async start(plan: ServerPlan): Promise<LocalServer> {
    const program = await findServer(plan.name);
    for (let attempt = 1; ; attempt++) {
      const block = await PortBlock.claim(plan.portCount);
      const folder = await mkdtemp(join(tmpdir(), `im-sdk-${plan.name}-`));
      const server = new LocalServer(plan, program, block, folder);
      try {
        await server.start({ keepData: false });
        return server;
      } catch (error) {
        await server.kill();
        const portsWereFree = await block.isFree();
        await server.stop();
        if (portsWereFree || attempt === maxAttempts) throw error;
      }
    }
  }

  private constructor(plan: ServerPlan, program: string, block: PortBlock, folder: string) {
    this.#plan = plan;
    this.#program = program;
    this.#block = block;
    this.#folder = folder;
  }

  get address(): string {
    return `127.0.0.1:${this.#block.ports[0]}`;
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  async start({ keepData }: { readonly keepData: boolean }): Promise<void> {
    if (this.#stopped !== undefined) throw new Error(`this ${this.#plan.name} is stopped: start a new one`);
    if (this.#process?.hasEnded === false) throw new Error(`this ${this.#plan.name} runs: kill it first`);
    const data = join(this.#folder, "data");
    if (!keepData) await rm(data, { recursive: true, force: true });
    await mkdir(data, { recursive: true });
    this.#process = await ServerProcess.start(this.#folder, this.#program, this.#plan.args(this.#block.ports, data));
    await this.#untilReady(this.#process);
    if (!keepData) await this.#plan.prepare?.(this.address);
  }

  pause(): void {
    this.#process?.signal("SIGSTOP");
  }

  resume(): void {
    this.#process?.signal("SIGCONT");
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #untilReady(run: ServerProcess): Promise<void> {
    const deadline = Date.now() + readyTimeoutMs;
    let reason: unknown;
    while (!run.hasEnded && Date.now() < deadline) {
      try {
        if (await this.#plan.isReady(this.address, AbortSignal.timeout(5_000))) return;
      } catch (error) {
        reason = error;
      }
      await delay(20);
    }
    const what = run.hasEnded ? "ended before it was ready" : `was not ready after ${readyTimeoutMs / 1_000} s`;
    const words = await run.lastWords();
    throw new Error(`${this.#plan.name} at ${this.address} ${what}. Its last words:\n${words}`, { cause: reason });
  }

  async #stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
    await this.#block.close();
  }
}
