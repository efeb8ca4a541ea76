import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:net";

// Below the range that systems take ports for outgoing connections from, so that nothing gets one of them by chance while
// its server is dead.
const firstPort = 20_000;
const blockSize = 8;
const blocks = 1_500;

/**
 * Loopback ports for one server. The first port of a block is listened on as long as the block is claimed, so that no two
 * processes hold the same block, and a crash frees it.
 */
export class PortBlock {
  readonly ports: readonly number[];
  readonly #keeper: Server;

  /** Claims a block whose first `count` ports, 7 at most, are free. */
  static async claim(count: number): Promise<PortBlock> {
    for (let tries = 0; tries < 100; tries++) {
      const base = firstPort + randomInt(blocks) * blockSize;
      const keeper = await listen(base);
      if (keeper === undefined) continue;
      const block = new PortBlock(base, count, keeper);
      if (await block.isFree()) return block;
      await block.close();
    }
    throw new Error(`no ${count} free ports between ${firstPort} and ${firstPort + blocks * blockSize}`);
  }

  private constructor(base: number, count: number, keeper: Server) {
    this.ports = Array.from({ length: count }, (_, index) => base + 1 + index);
    this.#keeper = keeper.unref();
  }

  /** Whether nothing listens on any of the ports. */
  async isFree(): Promise<boolean> {
    for (const port of this.ports) {
      const probe = await listen(port);
      if (probe === undefined) return false;
      await close(probe);
    }
    return true;
  }

  close(): Promise<void> {
    return close(this.#keeper);
  }
}

async function listen(port: number): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy()).listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
    throw error;
  }
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  server.ref().close();
  await once(server, "close");
}
