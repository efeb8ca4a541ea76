import { connect, createServer, type Server, type Socket } from "node:net";
import { formatAddress } from "@im-sdk/contracts";
import type { FaultDirection, FaultProxy } from "./fault-proxy.ts";
import { Lane, type LaneFaults } from "./lane.ts";
import { resetSocket } from "./reset-socket.ts";

interface Link {
  readonly sockets: readonly [Socket, Socket];
  readonly lanes: readonly Lane[];
}

/** The proxy itself: a listener, and a pair of sockets with a lane each way for every connection. */
export class TcpProxy implements FaultProxy {
  readonly #host: string;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #up: LaneFaults;
  readonly #down: LaneFaults;
  readonly #links = new Set<Link>();
  #server: Server | undefined;
  #port = 0;
  #closed: Promise<void> | undefined;

  constructor(host: string, target: { host: string; port: number }, up: LaneFaults, down: LaneFaults) {
    this.#host = host;
    this.#target = target;
    this.#up = up;
    this.#down = down;
  }

  get address(): string {
    return formatAddress(this.#host, this.#port);
  }

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#links.size;
  }

  get heldBytes(): number {
    return this.#lanes().reduce((sum, lane) => sum + lane.heldBytes, 0);
  }

  async listen(port: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#link(client));
    this.#server = server;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", reject).once("close", () => reject(new Error("the fault proxy stopped listening")));
    server.listen(port, this.#host, resolve);
    await promise;
    const bound = server.address();
    if (bound !== null && typeof bound === "object") this.#port = bound.port;
  }

  cut(): void {
    for (const { sockets } of this.#links) for (const socket of sockets) resetSocket(socket);
  }

  stall(direction: FaultDirection = "both"): void {
    if (direction !== "down") this.#up.stalled = true;
    if (direction !== "up") this.#down.stalled = true;
  }

  resume(): void {
    this.#change((faults) => {
      faults.stalled = false;
    });
  }

  delay(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`delay(${ms}): want 0 or more ms`);
    this.#change((faults) => {
      faults.delayMs = ms;
    });
  }

  throttle(bytesPerSecond: number): void {
    if (!(bytesPerSecond > 0)) throw new RangeError(`throttle(${bytesPerSecond}): want more than 0 bytes a second`);
    this.#change((faults) => {
      faults.bytesPerSecond = bytesPerSecond;
    });
  }

  refuse(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  async accept(): Promise<void> {
    if (this.#closed !== undefined) throw new Error("the fault proxy is closed: start a new one");
    if (this.#server === undefined) await this.listen(this.#port);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #link(client: Socket): void {
    const upstream = connect({ ...this.#target, allowHalfOpen: true, noDelay: true });
    const sockets = [client, upstream] as const;
    const link: Link = {
      sockets,
      lanes: [new Lane(client, upstream, this.#up), new Lane(upstream, client, this.#down)],
    };
    this.#links.add(link);
    for (const socket of sockets) {
      socket.on("close", () => {
        if (sockets.every((each) => each.closed)) this.#links.delete(link);
      });
    }
  }

  #lanes(): Lane[] {
    return [...this.#links].flatMap((link) => link.lanes);
  }

  #change(edit: (faults: LaneFaults) => void): void {
    edit(this.#up);
    edit(this.#down);
    for (const lane of this.#lanes()) lane.pump();
  }

  async #close(): Promise<void> {
    this.refuse();
    const sockets = [...this.#links].flatMap((link) => link.sockets).filter((socket) => !socket.closed);
    await Promise.all(
      sockets.map((socket) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        socket.once("close", () => resolve());
        socket.destroy();
        return promise;
      }),
    );
  }
}
