import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { CodeName, RpcName } from "./test-server.ts";

/** What a test has asked the server to do wrong. */
export class Script {
  readonly #rejections: ConnectError[] = [];
  readonly #failures: { readonly rpc: string; readonly error: ConnectError }[] = [];
  #heldAcks: (() => void)[] | undefined;

  rejectNext(reason: string, code: CodeName): void {
    this.#rejections.push(new ConnectError(reason, Code[code]));
  }

  failNext(rpc: RpcName, code: CodeName, message: string): void {
    this.#failures.push({ rpc, error: new ConnectError(message, Code[code]) });
  }

  holdAcks(): void {
    this.#heldAcks ??= [];
  }

  releaseAcks(): void {
    const held = this.#heldAcks ?? [];
    this.#heldAcks = undefined;
    for (const send of held) send();
  }

  /** Sends an ACK, or keeps it. */
  ack(send: () => void): void {
    if (this.#heldAcks === undefined) send();
    else this.#heldAcks.push(send);
  }

  /** The refusal that the next message is to get. */
  takeRejection(): ConnectError | undefined {
    return this.#rejections.shift();
  }

  /** Fails the calls that are to fail. */
  readonly interceptor: Interceptor = (next) => (request) => {
    const index = this.#failures.findIndex(({ rpc }) => rpc === request.method.localName);
    const [failure] = index < 0 ? [] : this.#failures.splice(index, 1);
    if (failure !== undefined) throw failure.error;
    return next(request);
  };
}
