import { spawn } from "node:child_process";

/** What a step of a check came to. */
export interface StepResult {
  readonly ok: boolean;
  /** What to show when it failed. */
  readonly output: string;
}

/** Runs a command from PATH, which holds `node_modules/.bin` first, and collects what it says. */
export async function runCommand(command: string, ...args: string[]): Promise<StepResult> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
  }
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ ok: false, output: `cannot run ${command}: ${error.message}` }));
    child.on("close", (code) => resolve({ ok: code === 0, output }));
  });
}
