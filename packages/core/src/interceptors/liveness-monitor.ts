import type { Clock } from "@im-sdk/contracts";

export interface LivenessMonitorOptions {
  intervalMs: number;
  timeoutMs: number;
  clock: Clock;
  sendHeartbeat(): void;
  check: ((signal: AbortSignal) => Promise<unknown>) | undefined;
  onDead(cause: unknown): void;
}

/**
 * Watches a conversation for silence. After `intervalMs` without traffic in one direction it sends a heartbeat; when
 * nothing has been received for half of `timeoutMs` after that, it asks `check`, which has the other half to answer. One
 * timer, never reset by traffic.
 */
export class LivenessMonitor {
  readonly #options: LivenessMonitorOptions;
  readonly #stopped = new AbortController();
  #sentAtMs: number;
  #receivedAtMs: number;
  #receivedCount = 0;
  #isSentFresh = false;
  #isReceivedFresh = false;
  #timer: unknown;

  constructor(options: LivenessMonitorOptions) {
    this.#options = options;
    this.#sentAtMs = options.clock.now();
    this.#receivedAtMs = this.#sentAtMs;
  }

  start(): void {
    this.#schedule(this.#options.intervalMs, () => this.#onInterval());
  }

  stop(): void {
    this.#stopped.abort();
    this.#options.clock.clearTimeout(this.#timer);
  }

  onSent(): void {
    if (this.#isSentFresh) return;
    this.#sentAtMs = this.#options.clock.now();
    this.#isSentFresh = true;
    this.#ageSoon();
  }

  onReceived(): void {
    this.#receivedCount++;
    if (this.#isReceivedFresh) return;
    this.#receivedAtMs = this.#options.clock.now();
    this.#isReceivedFresh = true;
    this.#ageSoon();
  }

  /** Hundreds come and go in one piece: only the first of them asks for the time. */
  #ageSoon(): void {
    void Promise.resolve().then(() => {
      this.#isSentFresh = false;
      this.#isReceivedFresh = false;
    });
  }

  #onInterval(): void {
    const { clock, intervalMs, timeoutMs, check } = this.#options;
    const now = clock.now();
    const isPeerSilent = check !== undefined && now >= this.#receivedAtMs + intervalMs;
    if (isPeerSilent || now >= this.#sentAtMs + intervalMs) {
      this.#options.sendHeartbeat();
      this.#sentAtMs = now;
    }
    if (isPeerSilent) {
      const heard = this.#receivedCount;
      this.#schedule(timeoutMs / 2, () => {
        if (this.#receivedCount > heard) this.#onInterval();
        else void this.#ask(check, timeoutMs / 2);
      });
      return;
    }
    const nextAtMs =
      Math.min(this.#sentAtMs, check === undefined ? Number.POSITIVE_INFINITY : this.#receivedAtMs) + intervalMs;
    this.#schedule(nextAtMs - now, () => this.#onInterval());
  }

  async #ask(check: (signal: AbortSignal) => Promise<unknown>, limitMs: number): Promise<void> {
    const { clock, onDead } = this.#options;
    const heard = this.#receivedCount;
    const question = new AbortController();
    const answerBy = clock.setTimeout(() => question.abort(), limitMs);
    const signal = AbortSignal.any([this.#stopped.signal, question.signal]);
    const unanswered = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    // A check that throws before it can be raced leaves nobody else to hear this.
    unanswered.catch(() => {});
    try {
      await Promise.race([check(signal), unanswered]);
      this.onReceived();
    } catch (cause) {
      if (this.#stopped.signal.aborted) return;
      if (this.#receivedCount === heard) return onDead(cause);
    } finally {
      clock.clearTimeout(answerBy);
    }
    if (!this.#stopped.signal.aborted) this.#onInterval();
  }

  #schedule(delayMs: number, callback: () => void): void {
    if (this.#stopped.signal.aborted) return;
    this.#timer = this.#options.clock.setTimeout(callback, delayMs);
  }
}
