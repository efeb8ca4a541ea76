import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

/** A program of this folder in a process of its own; `shell` goes before it, such as a limit. */
export function spawnProgram(name: string, args: readonly string[], shell?: string) {
  const file = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const command = [process.execPath, file, ...args];
  // The shell hands its limits on to the program, and is replaced by it, so that a signal reaches the program.
  const [first, ...rest] = shell === undefined ? command : ["/bin/sh", "-c", `${shell}; exec "$@"`, "sh", ...command];
  const child = spawn(first ?? "", rest, { stdio: ["ignore", "pipe", "inherit"] });
  return { child, lines: collectLines(child), ended: once(child, "close") };
}

/** Whole lines, and a wait until there are so many. */
function collectLines(child: ChildProcessByStdio<null, Readable, null>) {
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  const all = () => text.split("\n").slice(0, -1);
  const atLeast = async (count: number) => {
    while (all().length < count) await once(child.stdout, "data");
  };
  return { all, atLeast };
}
