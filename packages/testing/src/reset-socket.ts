import type { Socket } from "node:net";

/**
 * Resets a connection (RST). One whose end is just being written is closed instead: the system refuses to reset it (EINVAL), and
 * Node 24 would then keep its handle for ever, so that the process could not even exit.
 */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
