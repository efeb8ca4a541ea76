export interface RetryBudgetOptions {
  /** Tokens at the start and at the most; default 10. Retries stop at half of it. */
  maxTokens?: number;
  /** What a success gives back; a failure costs 1. Default 0.1. */
  tokenRatio?: number;
}

/**
 * Keeps retries from multiplying the load on a service that fails: gRPC's retry throttling.
 *
 * Source: gRFC A6, "Throttling Retry Attempts and Hedged RPCs".
 */
export class RetryBudget {
  readonly #maxTokens: number;
  readonly #tokenRatio: number;
  #tokens: number;

  constructor(options: RetryBudgetOptions = {}) {
    this.#maxTokens = options.maxTokens ?? 10;
    this.#tokenRatio = options.tokenRatio ?? 0.1;
    this.#tokens = this.#maxTokens;
  }

  get allowsRetry(): boolean {
    return this.#tokens > this.#maxTokens / 2;
  }

  onSuccess(): void {
    this.#tokens = Math.min(this.#maxTokens, this.#tokens + this.#tokenRatio);
  }

  onFailure(): void {
    this.#tokens = Math.max(0, this.#tokens - 1);
  }
}
