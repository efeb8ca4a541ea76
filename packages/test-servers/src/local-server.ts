import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findServer } from "./find-server.ts";
import { GuardedProgram } from "./guarded-program.ts";
import { PortBlock } from "./port-block.ts";
import type { RunningServer } from "./running-server.ts";
import type { ServerName } from "./server-name.ts";

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

/** A server of any kind: its ports, and its program with the folder that its data is in. */
export class LocalServer implements RunningServer {
  readonly #plan: ServerPlan;
  readonly #program: GuardedProgram;
  readonly #block: PortBlock;
  #starting: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  static async start(plan: ServerPlan): Promise<LocalServer> {
    const program = await findServer(plan.name);
    for (let attempt = 1; ; attempt++) {
      const block = await PortBlock.claim(plan.portCount);
      const server = new LocalServer(plan, await GuardedProgram.create(plan.name, program), block);
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

  private constructor(plan: ServerPlan, program: GuardedProgram, block: PortBlock) {
    this.#plan = plan;
    this.#program = program;
    this.#block = block;
  }

  get address(): string {
    return `127.0.0.1:${this.#block.ports[0]}`;
  }

  kill(): Promise<void> {
    return this.#program.kill();
  }

  start({ keepData }: { readonly keepData: boolean }): Promise<void> {
    this.#starting = this.#start(keepData);
    return this.#starting;
  }

  pause(): void {
    this.#program.signal("SIGSTOP");
  }

  resume(): void {
    this.#program.signal("SIGCONT");
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #start(keepData: boolean): Promise<void> {
    if (this.#stopped !== undefined) throw new Error(`this ${this.#plan.name} is stopped: start a new one`);
    if (this.#program.isRunning) throw new Error(`this ${this.#plan.name} runs: kill it first`);
    const data = join(this.#program.folder, "data");
    if (!keepData) await rm(data, { recursive: true, force: true });
    await mkdir(data, { recursive: true });
    await this.#program.run(this.#plan.args(this.#block.ports, data));
    if (this.#stopped !== undefined) await this.kill();
    await this.#untilReady();
    if (!keepData) await this.#plan.prepare?.(this.address);
  }

  async #untilReady(): Promise<void> {
    const deadline = Date.now() + readyTimeoutMs;
    let reason: unknown;
    while (this.#program.isRunning && Date.now() < deadline) {
      try {
        if (await this.#plan.isReady(this.address, AbortSignal.timeout(5_000))) return;
      } catch (error) {
        reason = error;
      }
      await delay(20);
    }
    const inTime = `was not ready after ${readyTimeoutMs / 1_000} s`;
    const what = this.#program.isRunning ? inTime : "ended before it was ready";
    const words = await this.#program.lastWords();
    throw new Error(`${this.#plan.name} at ${this.address} ${what}. Its last words:\n${words}`, { cause: reason });
  }

  async #stop(): Promise<void> {
    await this.kill();
    // A start that this came in the middle of; it fails.
    await this.#starting?.catch(() => {});
    await this.#program.close();
    await this.#block.close();
  }
}
