import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * Runs `action` while no other process of this machine is in `withLock` with the same name. The lock is a socket in Linux's
 * abstract namespace: the kernel gives it up when its holder dies, and leaves no file behind.
 */
export async function withLock<T>(name: string, action: () => Promise<T>): Promise<T> {
  const path = `\0im-sdk-${createHash("sha256").update(name).digest("hex").slice(0, 32)}`;
  const waiting = new Set<Socket>();
  let lock = await listen(path, waiting);
  while (lock === undefined) {
    await untilReleased(path);
    lock = await listen(path, waiting);
  }
  try {
    return await action();
  } finally {
    lock.close();
    for (const socket of waiting) socket.destroy();
  }
}

async function listen(path: string, waiting: Set<Socket>): Promise<Server | undefined> {
  const server = createServer((socket) => waiting.add(socket.on("error", () => {}))).listen(path);
  try {
    await once(server, "listening");
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
    throw error;
  }
}

/** A connection to the holder lasts as long as it holds the lock. */
async function untilReleased(path: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  connect(path)
    .on("error", () => {})
    .on("close", () => resolve())
    .resume();
  await promise;
}
