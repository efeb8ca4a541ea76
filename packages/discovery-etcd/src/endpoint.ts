import { RegistryError } from "@im-sdk/contracts";
import { type Etcd3, GRPCDeadlineExceededError, GRPCFailedPreconditionError } from "etcd3";
import { type CallContext, type CallOptions, createCallOptions } from "./call-options.ts";
import { createClient } from "./create-client.ts";
import type { ResolvedOptions } from "./etcd-discovery-options.ts";
import { toRegistryError } from "./to-registry-error.ts";
import { untilAborted } from "./until-aborted.ts";

/** A call of etcd3 with the options that it must be given. */
export type EtcdCall<T> = (client: Etcd3, options: CallOptions) => Promise<T>;

/** Limits of one call. */
export interface CallLimits {
  readonly signal: AbortSignal;
  /** Default 5,000. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 5_000;

/**
 * One member of the cluster: runs calls there, with a deadline, and with a token that it renews. Every error is a
 * RegistryError, or the reason of the signal.
 */
export class Endpoint {
  #client: Etcd3;
  readonly #address: string;
  readonly #options: ResolvedOptions;
  readonly #registry: string;
  readonly #closed = new AbortController();
  #token: Promise<string | undefined> | undefined;

  constructor(address: string, options: ResolvedOptions) {
    this.#client = createClient(address, options.tls);
    this.#address = address;
    this.#options = options;
    this.#registry = `etcd at ${address}`;
  }

  /** Runs a call that answers once. */
  async call<T>(run: EtcdCall<T>, { signal, timeoutMs = defaultTimeoutMs }: CallLimits): Promise<T> {
    return this.#authorized((token) => this.#callOnce(run, { token, signal, timeoutMs }), { signal, timeoutMs });
  }

  /** Opens a stream, which the signal cancels. What it emits as errors is for {@link lost}. */
  async open<T>(run: EtcdCall<T>, signal: AbortSignal): Promise<T> {
    try {
      const token = await untilAborted(this.#currentToken(), signal);
      return await run(this.#client, createCallOptions({ token, signal }).options);
    } catch (error) {
      signal.throwIfAborted();
      throw this.lost(error);
    }
  }

  /** What ended a stream of this member, as one of our errors. */
  lost(error: unknown): RegistryError {
    this.#token = undefined;
    return this.#toError(error, defaultTimeoutMs);
  }

  unavailable(message: string): RegistryError {
    return new RegistryError("unavailable", this.#registry, message);
  }

  close(): void {
    this.#closed.abort();
    this.#client.close();
  }

  /**
   * Whatever goes wrong, the token may be why, so the next call fetches another; a refusal is believed only with a token just
   * fetched. etcd may forget its simple tokens when it restarts, and which of its refusals mean that differs by kind of
   * call, kind of token and version. One that is new and has no data yet does not even refuse an old token, but waits for
   * the log entry that it was made by.
   */
  async #authorized<T>(run: (token: string | undefined) => Promise<T>, limits: Required<CallLimits>): Promise<T> {
    const { signal, timeoutMs } = limits;
    for (let isFirst = true; ; isFirst = false) {
      const wasKept = this.#token !== undefined;
      const token = this.#currentToken();
      try {
        return await run(await untilAborted(token, signal));
      } catch (reason) {
        signal.throwIfAborted();
        const error = this.#toError(reason, timeoutMs);
        if (this.#token === token) this.#token = undefined;
        // Where users are asked for, or changed, since a token was fetched, etcd calls the argument invalid.
        const mayBeOld = wasKept || error.code === "invalid_argument";
        if (this.#options.auth === undefined || !error.isFinal || !isFirst || !mayBeOld) throw error;
      }
    }
  }

  #toError(error: unknown, timeoutMs: number): RegistryError {
    const { prefix, auth } = this.#options;
    return toRegistryError(error, { registry: this.#registry, prefix, username: auth?.username, timeoutMs });
  }

  #currentToken(): Promise<string | undefined> {
    this.#token ??= this.#authenticate();
    return this.#token;
  }

  /** For all who wait for it, so that none of their signals ends it. */
  async #authenticate(): Promise<string | undefined> {
    const { auth } = this.#options;
    if (auth === undefined) return undefined;
    const { username: name, password } = auth;
    const context = { token: undefined, signal: this.#closed.signal, timeoutMs: defaultTimeoutMs };
    try {
      const { token } = await this.#callOnce(
        (client, call) => client.auth.authenticate({ name, password }, call),
        context,
      );
      return token;
    } catch (error) {
      // An etcd that asks for no user says so; the user it was told is then of no use, and of no harm.
      if (error instanceof GRPCFailedPreconditionError) return undefined;
      throw error;
    }
  }

  async #callOnce<T>(run: EtcdCall<T>, context: CallContext): Promise<T> {
    const client = this.#client;
    const { options, release } = createCallOptions(context);
    try {
      return await run(client, options);
    } catch (error) {
      if (error instanceof GRPCDeadlineExceededError) this.#replace(client);
      throw error;
    } finally {
      release();
    }
  }

  /**
   * Makes the next call connect anew: grpc-js waits without limit for the first word on a connection, and for short calls it
   * never asks whether the other side is still there. What runs on the old client may end by itself.
   */
  #replace(client: Etcd3): void {
    if (this.#client !== client || this.#closed.signal.aborted) return;
    this.#client = createClient(this.#address, this.#options.tls);
    client.close();
  }
}
