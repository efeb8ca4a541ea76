import { spawn } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DocModule } from "./doc-module.ts";
import { openModuleWorld } from "./module-world.ts";

/**
 * Runs a program of a page in a process and a folder of its own, among real servers. Resolves when it ended by itself with
 * exit code 0 within `timeoutMs` (told by SIGTERM when its code is done, if it waits for that), or printed what it is to go on until; rejects
 * with what it said otherwise.
 */
export async function runModule(module: DocModule, folder: string, timeoutMs = 45_000): Promise<void> {
  await using world = await openModuleWorld(module.code);
  const cwd = await mkdtemp(join(folder, "run-"));
  const path = join(cwd, `program.${module.extension}`);
  await writeFile(path, `${world.code}\nprocess.send?.("done");\n`);
  const { output, end } = await run(path, module, timeoutMs);
  const said = `\n${output.replaceAll(path, module.page)}`;
  if (end !== "ended") throw new Error(`${module.page}:${module.line} ${end}${said}`);
  for (const text of module.prints) {
    if (!output.includes(text)) throw new Error(`${module.page}:${module.line} does not print "${text}"${said}`);
  }
}

async function run(
  path: string,
  { code, until }: DocModule,
  timeoutMs: number,
): Promise<{ output: string; end: string }> {
  // A program with tests is to run them as if nobody else did.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, [path], { cwd: dirname(path), env, stdio: ["ignore", "pipe", "pipe", "ipc"] });
  let output = "";
  let isDone = false;
  let hasPrinted = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      if (until === undefined || !output.includes(until)) return;
      hasPrinted = true;
      child.kill("SIGKILL");
    });
  }
  child.on("message", () => {
    isDone = true;
    if (code.includes('"SIGTERM"')) child.kill("SIGTERM");
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const [exitCode] = await new Promise<[number | null]>((resolve, reject) => {
    child.on("error", reject).on("close", (code) => resolve([code]));
  });
  clearTimeout(timer);
  if (hasPrinted) return { output, end: "ended" };
  if (until !== undefined) return { output, end: `never prints "${until}"` };
  if (exitCode === 0) return { output, end: isDone ? "ended" : "ends before its last line is reached" };
  if (exitCode !== null) return { output, end: `ends with exit code ${exitCode}` };
  return { output, end: `${isDone ? "leaves something open" : "hangs"}: not ended after ${timeoutMs / 1_000} s` };
}
