import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A server that signals can be sent to. */
export interface ServerProcess {
  readonly port: number;
  kill: ChildProcess["kill"];
}

/** Starts the command `im-server`, on a free port unless one is given; resolves when it listens. */
export async function startServerProcess(port = 0): Promise<ServerProcess> {
  const command = fileURLToPath(import.meta.resolve("@im-sdk/server")).replace(/index\.js$/, "bin/im-server.js");
  const child = spawn(process.execPath, [command, "--port", `${port}`], { stdio: ["ignore", "pipe", "inherit"] });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  child.once("exit", (code, signal) => reject(new Error(`im-server ended: ${code ?? signal}`)));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk;
    const url = /listening on (\S+)/.exec(output)?.[1];
    if (url !== undefined) resolve(url);
  });
  return { port: Number(new URL(await promise).port), kill: child.kill.bind(child) };
}
