import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { cleanEnv, commandFile } from "./command.ts";
import { Transcript } from "./transcript.ts";

/** How a command has ended. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

/** A command in a process of its own, with pipes. */
export class RunningCommand implements AsyncDisposable {
  readonly stdout = new Transcript();
  readonly stderr = new Transcript();
  readonly process: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<unknown[]>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const child = spawn(process.execPath, [commandFile, ...args], { env: cleanEnv(env) });
    this.process = child;
    this.#closed = once(child, "close");
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8");
      child[name].on("data", (text: string) => this[name].append(text));
      child[name].once("close", () => this[name].end());
    }
    // Of a command that ends without reading.
    child.stdin.on("error", () => {});
  }

  async outcome(): Promise<Outcome> {
    const [code] = await this.#closed;
    return { stdout: this.stdout.text, stderr: this.stderr.text, code: code as number | null };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill("SIGKILL");
    await this.#closed;
  }
}

/** Runs a command to its end, with this on its stdin. */
export async function runCommand(
  args: readonly string[],
  { input = "", env = {} }: { input?: string | Uint8Array; env?: Readonly<Record<string, string>> } = {},
): Promise<Outcome> {
  await using command = new RunningCommand(args, env);
  command.process.stdin.end(input);
  return await command.outcome();
}
