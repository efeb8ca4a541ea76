// Runs one server and ends with it: node guard.js <folder> <program> [arguments]. When the process that started this one is
// gone, however it ended, the server is killed and its folder removed. The server's pid is sent up once it runs.
import { spawn } from "node:child_process";
import { openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

const [folder = "", program = "", ...args] = process.argv.slice(2);
const log = openSync(join(folder, "server.log"), "w");
const server = spawn(program, args, { cwd: folder, stdio: ["ignore", log, log] });
let isOrphan = !process.connected;

process.on("disconnect", () => {
  isOrphan = true;
  server.kill("SIGKILL");
});
// They are meant for the process that started this one, which decides what becomes of the server.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

server.on("spawn", () => process.send?.(server.pid));
server.on("error", (error) => {
  writeSync(log, `${error.message}\n`);
  end();
});
server.on("exit", end);
if (isOrphan) server.kill("SIGKILL");

function end(): void {
  if (isOrphan) rmSync(folder, { recursive: true, force: true });
  process.exit();
}
