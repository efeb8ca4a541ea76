import { Program } from "./program.ts";

/** Two reference servers, each in a process of its own. */
export class ServerPair implements AsyncDisposable {
  readonly #byPort = new Map<number, Program>();

  /** Starts those that do not run; resolves with the ports of both when they listen. */
  async start(): Promise<number[]> {
    while (this.#byPort.size < 2) {
      const program = Program.start("servers/reference-server.ts");
      const { port } = await program.next<{ port: number }>();
      this.#byPort.set(port, program);
    }
    return [...this.#byPort.keys()];
  }

  /** SIGKILL for the one that listens there; resolves when it is dead. */
  async kill(port: number): Promise<void> {
    const program = this.#byPort.get(port);
    if (program === undefined) throw new RangeError(`no server of the pair listens on ${port}`);
    this.#byPort.delete(port);
    await program.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#byPort.values()].map((program) => program[Symbol.asyncDispose]()));
  }
}
