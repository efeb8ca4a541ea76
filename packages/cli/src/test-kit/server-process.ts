import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { cleanEnv } from "./command.ts";
import { Transcript } from "./transcript.ts";

const serverFile = fileURLToPath(new URL("dist/bin/im-server.js", import.meta.resolve("@im-sdk/server/package.json")));

/** The reference server in a process of its own, which can be killed and started again at the same address. */
export class ServerProcess implements AsyncDisposable {
  #child: ChildProcess | undefined;
  #port = 0;

  /** Resolves when it listens. */
  static async start(): Promise<ServerProcess> {
    const server = new ServerProcess();
    await server.start();
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const args = [serverFile, "--port", String(this.#port), "--log-level", "error"];
    const child = spawn(process.execPath, args, { env: cleanEnv(), stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    const said = new Transcript();
    child.stdout.setEncoding("utf8").on("data", (text: string) => said.append(text));
    child.once("close", () => said.end());
    const [, port] = await said.until(/^listening on http:\/\/\S+:(\d+)$/m);
    this.#port = Number(port);
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
