import { AsyncLocalStorage } from "node:async_hooks";
import { ImError } from "../im-error.ts";
import { canceledError, closedError, unlessAborted } from "./connect-outcome.ts";
import { Dialer, type DialerOptions } from "./dialer.ts";
import type { Link } from "./link.ts";

/** `closed` is for good after `disconnect()`; after giving up, `connect()` begins anew. */
export type ConnectionState = "idle" | "connecting" | "connected" | "reconnecting" | "closed";

export interface ConnectionOptions extends DialerOptions {
  onStateChange(state: ConnectionState, previous: ConnectionState): void;
  /** The stream to use from now on; `previous` still runs when it is being replaced before it breaks. */
  onLink(link: Link, previous: Link | undefined): void;
  /** The stream is gone; reconnecting begins. */
  onLost(error: ImError): void;
  /** Nothing more is tried. */
  onGaveUp(error: ImError): void;
}

/** A call of `connect()` and those that joined it. */
interface Attempt {
  readonly abandon: AbortController;
  /** Settles when it has succeeded, failed or wound down; never rejects. */
  readonly done: Promise<void>;
  waiting: number;
}

/** How long a stream that was replaced has to end by itself. */
const replacedGraceMs = 5_000;

/** Keeps one stream to the service: connects, notices that it broke, comes back, gives up. */
export class Connection {
  readonly #options: ConnectionOptions;
  #state: ConnectionState = "idle";
  #link: Link | undefined;
  #connectedAtMs = 0;
  readonly #dialer: Dialer;
  #ended = new AbortController();
  #ready = Promise.withResolvers<Link>();
  /** While connecting. */
  #attempt: Attempt | undefined;
  #isReplacing = false;
  /** Streams live in the async context of whoever made the client: that of a caller of `connect()` would be every listener's. */
  readonly #inContextOfOwner = AsyncLocalStorage.snapshot();
  /** Streams that were replaced and have not ended yet. */
  readonly #replaced = new Set<Link>();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#dialer = new Dialer(options);
    this.#ready.promise.catch(() => {});
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get link(): Link | undefined {
    return this.#link;
  }

  /** Resolves when connected. Callers that ask meanwhile share the attempt; it ends when the last of them aborts. */
  connect(signal: AbortSignal | undefined, prepare: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.#state === "connected") return Promise.resolve();
    if (this.#ended.signal.aborted) return Promise.reject(closedError());
    if (signal?.aborted) return Promise.reject(canceledError(signal));
    if (this.#attempt?.abandon.signal.aborted) return this.#attempt.done.then(() => this.connect(signal, prepare));
    if (this.#state === "idle" || this.#state === "closed") this.#attempt = this.#startAttempt(prepare);
    const attempt = this.#attempt;
    if (attempt !== undefined) attempt.waiting++;
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        if (attempt !== undefined && --attempt.waiting === 0) attempt.abandon.abort();
        if (signal !== undefined) reject(canceledError(signal));
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#ready.promise.then(() => resolve(), reject).finally(() => signal?.removeEventListener("abort", onAbort));
    });
  }

  /** The open link, waited for while connecting or reconnecting. Rejects when there is none to come. */
  ready(signal: AbortSignal | undefined): Promise<Link> {
    if (this.#link?.isOpen) return Promise.resolve(this.#link);
    if (this.#ended.signal.aborted) return Promise.reject(closedError());
    if (this.#state === "idle") {
      return Promise.reject(new ImError("failed_precondition", "the client is not connected: call connect() first"));
    }
    if (this.#link !== undefined) {
      // It has just ended, and who watches it has not heard of that yet.
      return this.#link.closed.then(() => this.ready(signal));
    }
    if (signal === undefined) return this.#ready.promise;
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      this.#ready.promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    });
  }

  /** Opens another stream before this one is gone, and moves to it. Stays when that fails. */
  async replace(link: Link): Promise<void> {
    if (this.#link !== link || this.#isReplacing) return;
    this.#isReplacing = true;
    try {
      const next = await this.#options.connectOnce({
        // A single address may stand for many instances: a proxy, a DNS name.
        exclude: this.#options.elsewhere(link) ?? [],
        timeoutMs: this.#options.connectTimeoutMs,
        signal: this.#ended.signal,
      });
      if (this.#link === link && !this.#ended.signal.aborted) this.#adopt(next);
      else next.abort();
    } catch {
      // The stream at hand still works; when it breaks, reconnecting tells of every failure.
    } finally {
      this.#isReplacing = false;
    }
  }

  /** Ends for good. An open stream is half-closed and has `graceMs` to end by itself. */
  async close(graceMs: number): Promise<void> {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort(closedError());
    this.#ready.reject(closedError());
    const link = this.#link;
    this.#link = undefined;
    this.#setState("closed");
    await Promise.all(
      [...this.#replaced, ...(link === undefined ? [] : [link])].map((open) => this.#end(open, graceMs)),
    );
  }

  #startAttempt(prepare: (signal: AbortSignal) => Promise<void>): Attempt {
    const abandon = new AbortController();
    this.#setState("connecting");
    this.#ready = Promise.withResolvers();
    this.#ready.promise.catch(() => {});
    const signal = AbortSignal.any([this.#ended.signal, abandon.signal]);
    const done = this.#inContextOfOwner(() => this.#connect(signal, prepare)).finally(() => {
      this.#attempt = undefined;
    });
    return { abandon, done, waiting: 0 };
  }

  async #connect(signal: AbortSignal, prepare: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { clock, connectTimeoutMs } = this.#options;
    const ready = this.#ready;
    try {
      const deadlineMs = clock.now() + connectTimeoutMs;
      await prepare(signal);
      this.#adopt(unlessAborted(await this.#dialer.connect(deadlineMs, signal), signal));
    } catch (reason) {
      if (!this.#ended.signal.aborted) this.#setState("idle");
      ready.reject(ImError.from(reason, "connect failed"));
    }
  }

  async #supervise(link: Link): Promise<void> {
    const error = await link.closed;
    this.#replaced.delete(link);
    if (this.#link === link) await this.#reconnect(link, error ?? new ImError("unavailable", "the stream ended"));
  }

  async #reconnect(lost: Link, error: ImError): Promise<void> {
    const { clock, onLost, onGaveUp } = this.#options;
    const lastedMs = clock.now() - this.#connectedAtMs;
    this.#link = undefined;
    this.#ready = Promise.withResolvers();
    this.#ready.promise.catch(() => {});
    this.#setState("reconnecting");
    onLost(error);
    try {
      const { signal } = this.#ended;
      this.#adopt(unlessAborted(await this.#dialer.reconnect({ link: lost, error, lastedMs }, signal), signal));
    } catch (reason) {
      if (this.#ended.signal.aborted) return;
      const final = ImError.from(reason, "reconnecting failed");
      this.#setState("closed");
      this.#ready.reject(final);
      onGaveUp(final);
    }
  }

  #adopt(link: Link): void {
    const previous = this.#link;
    this.#link = link;
    this.#connectedAtMs = this.#options.clock.now();
    this.#ready.resolve(link);
    this.#setState("connected");
    this.#options.onLink(link, previous);
    void this.#supervise(link);
    if (previous === undefined) return;
    this.#replaced.add(previous);
    void this.#end(previous, replacedGraceMs);
  }

  /** Half-closes a stream; one that has not ended by itself `graceMs` later is aborted. */
  async #end(link: Link, graceMs: number): Promise<void> {
    const { clock } = this.#options;
    link.finish();
    const timer = clock.setTimeout(() => link.abort(), graceMs);
    await link.closed;
    clock.clearTimeout(timer);
  }

  #setState(state: ConnectionState): void {
    const previous = this.#state;
    if (previous === state) return;
    this.#state = state;
    this.#options.onStateChange(state, previous);
  }
}
