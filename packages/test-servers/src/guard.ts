// Keeps a folder and runs a server's program in it: node guard.js <folder> <program>. Every message is the arguments of one
// run; answers are `{ pid }` when it runs and `{ code }` when it has ended, without the code when a signal ended it. Once the process that started this one lets go, or is
// gone, however that came about, the server is killed and the folder removed.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

const [folder = "", program = ""] = process.argv.slice(2);
let server: ChildProcess | undefined;

process.on("message", (args) => run(args as string[]));
process.on("disconnect", () => {
  if (server === undefined) end();
  else server.kill("SIGKILL");
});
// They are meant for the process that started this one, which decides what becomes of the server.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
if (!process.connected) end();

function run(args: readonly string[]): void {
  const log = openSync(join(folder, "server.log"), "w");
  const child = spawn(program, args, { cwd: folder, stdio: ["ignore", log, log] });
  server = child;
  child.on("spawn", () => tell({ pid: child.pid }));
  child.on("error", ({ message }) => writeSync(log, `${message}\n`));
  child.on("close", (code) => {
    closeSync(log);
    server = undefined;
    if (process.connected) tell({ code: code ?? undefined });
    else end();
  });
}

function tell(message: { readonly pid?: number | undefined; readonly code?: number | undefined }): void {
  // Nobody may be there to hear it any more.
  process.send?.(message, () => {});
}

function end(): void {
  rmSync(folder, { recursive: true, force: true });
  process.exit();
}
