import { Code, ConnectError } from "@connectrpc/connect";
import { type Clock, systemClock } from "@im-sdk/contracts";
import { isHeaderText } from "./id-header.ts";

/** A bearer token and, when it is known, the moment it stops being good. */
export interface AccessToken {
  readonly token: string;
  readonly expiresAt?: Date;
}

/** Gives the token for the calls to come; a bare string is one that does not expire by itself. */
export type TokenProvider = () => string | AccessToken | Promise<string | AccessToken>;

export interface CredentialsInterceptorOptions {
  provider: TokenProvider;
  /** A token is renewed this long before it expires; default 30,000 ms. */
  renewBeforeMs?: number;
  clock?: Clock;
}

interface KeptToken {
  readonly token: string;
  readonly renewAtMs: number;
  uses: number;
}

/** The token that is good at the moment; concurrent askers share one question to the provider. */
export class TokenCache {
  readonly #provider: TokenProvider;
  readonly #renewBeforeMs: number;
  readonly #clock: Clock;
  #kept: KeptToken | undefined;
  #asking: Promise<KeptToken> | undefined;
  #hasGiven = false;
  readonly #closed = new AbortController();

  constructor(options: CredentialsInterceptorOptions) {
    this.#provider = options.provider;
    this.#renewBeforeMs = options.renewBeforeMs ?? 30_000;
    this.#clock = options.clock ?? systemClock;
  }

  async get(): Promise<KeptToken> {
    let kept = this.#kept;
    if (kept === undefined || this.#clock.now() >= kept.renewAtMs) {
      this.#asking ??= this.#ask().finally(() => {
        this.#asking = undefined;
      });
      kept = await this.#asking;
    }
    kept.uses++;
    return kept;
  }

  /** Forgets a token that was refused; true when an earlier call had used it, so that a new one may help. */
  discard(token: KeptToken): boolean {
    if (this.#kept === token) this.#kept = undefined;
    return token.uses > 1;
  }

  /** Forgets the token; true when one was given since the last time, refused or not, so that asking again may help. */
  clear(): boolean {
    const hasGiven = this.#hasGiven;
    this.#hasGiven = false;
    this.#kept = undefined;
    return hasGiven;
  }

  /** Whoever waits for an answer is told that it was canceled, and the provider is not asked again. */
  close(): void {
    this.#closed.abort(new ConnectError("the client was disconnected", Code.Canceled));
  }

  async #ask(): Promise<KeptToken> {
    const answer = await this.#answer();
    const isObject = typeof answer === "object" && answer !== null;
    const { token, expiresAt } = isObject ? answer : { token: answer, expiresAt: undefined };
    if (typeof token !== "string" || token === "") {
      throw new ConnectError("the token provider gave no token", Code.Unauthenticated);
    }
    if (!isHeaderText(token)) {
      // Without the value: it is a secret.
      throw new ConnectError("the token provider gave a token that is not printable ASCII", Code.Unauthenticated);
    }
    const renewAtMs = expiresAt === undefined ? Number.POSITIVE_INFINITY : expiresAt.getTime() - this.#renewBeforeMs;
    this.#kept = { token, renewAtMs, uses: 0 };
    this.#hasGiven = true;
    return this.#kept;
  }

  /** A provider that never answers must not hold up every call to come. */
  async #answer(): Promise<string | AccessToken> {
    const { signal } = this.#closed;
    signal.throwIfAborted();
    const late = Promise.withResolvers<never>();
    const onClosed = () => late.reject(signal.reason);
    signal.addEventListener("abort", onClosed);
    const timer = this.#clock.setTimeout(
      () =>
        late.reject(new ConnectError(`the token provider did not answer within ${answerLimitMs} ms`, Code.Unavailable)),
      answerLimitMs,
    );
    try {
      return await Promise.race([this.#provider(), late.promise]);
    } finally {
      this.#clock.clearTimeout(timer);
      signal.removeEventListener("abort", onClosed);
    }
  }
}

const answerLimitMs = 30_000;
