import { RegistryError } from "@im-sdk/contracts";
import { type Etcd3, GRPCFailedPreconditionError } from "etcd3";
import { type CallOptions, createCallOptions } from "./call-options.ts";
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
  readonly #client: Etcd3;
  readonly #options: ResolvedOptions;
  readonly #registry: string;
  readonly #closed = new AbortController();
  #token: Promise<string | undefined> | undefined;

  constructor(address: string, options: ResolvedOptions) {
    this.#client = createClient(address, options.tls);
    this.#options = options;
    this.#registry = `etcd at ${address}`;
  }

  /** Runs a call that answers once. */
  async call<T>(run: EtcdCall<T>, { signal, timeoutMs = defaultTimeoutMs }: CallLimits): Promise<T> {
    return this.#authorized(
      async (token) => {
        const { options, release } = createCallOptions({ token, signal, timeoutMs });
        try {
          return await run(this.#client, options);
        } finally {
          release();
        }
      },
      { signal, timeoutMs },
    );
  }

  /** Opens a stream, which the signal cancels. Its own errors are for {@link toError}. */
  async open<T>(run: EtcdCall<T>, signal: AbortSignal): Promise<T> {
    const token = await untilAborted(this.#currentToken(), signal);
    return run(this.#client, createCallOptions({ token, signal }).options);
  }

  /** What etcd3 threw, as one of our errors. */
  toError(error: unknown, timeoutMs = defaultTimeoutMs): RegistryError {
    const { prefix, auth } = this.#options;
    return toRegistryError(error, { registry: this.#registry, prefix, username: auth?.username, timeoutMs });
  }

  unavailable(message: string): RegistryError {
    return new RegistryError("unavailable", this.#registry, message);
  }

  close(): void {
    this.#closed.abort();
    this.#client.close();
  }

  /**
   * A refusal is believed only with a token just fetched: etcd forgets simple tokens when it restarts, and which of its
   * refusals mean that differs by kind of call, kind of token and version.
   */
  async #authorized<T>(
    run: (token: string | undefined) => Promise<T>,
    { signal, timeoutMs }: Required<CallLimits>,
  ): Promise<T> {
    for (let isRenewed = false; ; isRenewed = true) {
      const isFresh = this.#token === undefined;
      const promise = this.#currentToken();
      try {
        const token = await untilAborted(promise, signal);
        return await run(token);
      } catch (reason) {
        signal.throwIfAborted();
        const error = this.toError(reason, timeoutMs);
        if (this.#options.auth === undefined || !error.isFinal || isFresh || isRenewed) throw error;
        if (this.#token === promise) this.#token = undefined;
      }
    }
  }

  #currentToken(): Promise<string | undefined> {
    this.#token ??= this.#authenticate();
    return this.#token;
  }

  /** For all who wait for it, so that none of their signals ends it. */
  async #authenticate(): Promise<string | undefined> {
    const { auth } = this.#options;
    if (auth === undefined) return undefined;
    const { options, release } = createCallOptions({
      token: undefined,
      signal: this.#closed.signal,
      timeoutMs: defaultTimeoutMs,
    });
    try {
      const { token } = await this.#client.auth.authenticate({ name: auth.username, password: auth.password }, options);
      return token;
    } catch (error) {
      // An etcd that asks for no user says so; the user it was told is then of no use, and of no harm.
      if (error instanceof GRPCFailedPreconditionError) return undefined;
      this.#token = undefined;
      throw error;
    } finally {
      release();
    }
  }
}
