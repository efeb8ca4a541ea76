import type { Clock, ServiceDiscovery } from "@im-sdk/contracts";
import type { createClientParts } from "./client-parts.ts";
import type { InstanceSet } from "./connection/instance-set.ts";
import type { ResolvedImClientOptions } from "./im-client-options.ts";
import { ImError } from "./im-error.ts";

/** How long the server has to end a stream that was half-closed. */
const closeGraceMs = 500;

/** Beginning and end of a client. */
export class ClientLifecycle {
  readonly #parts: ReturnType<typeof createClientParts>;
  readonly #options: ResolvedImClientOptions;
  readonly #ended = new AbortController();
  #following: Promise<void> | undefined;
  #disconnecting: Promise<void> | undefined;

  constructor(parts: ReturnType<typeof createClientParts>, options: ResolvedImClientOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  connect(signal: AbortSignal | undefined): Promise<void> {
    const { discovery, connectTimeoutMs, clock, serviceName } = this.#options;
    if (!this.#parts.canPick()) {
      const message =
        "there is nothing to connect to: pass services, discovery or a filled balancer, or call setServices";
      return Promise.reject(new ImError("failed_precondition", message));
    }
    return this.#parts.connection.connect(signal, async (ends) => {
      const { instances, delivery } = this.#parts;
      const startedAtMs = clock.now();
      const stuck = () => notDone(connectTimeoutMs, "the store has not opened");
      await within(connectTimeoutMs, clock, delivery.restore(), stuck, ends);
      if (discovery === undefined) return;
      const gaveUp = new AbortController();
      const stop = AbortSignal.any([ends, gaveUp.signal]);
      const found = this.#follow(discovery).then(() => instances.untilNotEmpty(stop));
      const late = () => noInstances(discovery, serviceName, connectTimeoutMs, instances);
      await within(connectTimeoutMs - (clock.now() - startedAtMs), clock, found, late, ends).finally(() =>
        gaveUp.abort(),
      );
    });
  }

  /** Takes no more messages and waits until those that were taken are settled; rejects `deadline_exceeded`. */
  async drain(timeoutMs: number): Promise<void> {
    const { sender, delivery } = this.#parts;
    const late = () => notDone(timeoutMs, `${delivery.outbox.size} messages are not settled yet`);
    await within(timeoutMs, this.#options.clock, sender.drain(), late);
  }

  disconnect(timeoutMs: number): Promise<void> {
    this.#disconnecting ??= this.#disconnect(timeoutMs);
    return this.#disconnecting;
  }

  async #disconnect(timeoutMs: number): Promise<void> {
    const { connection, departure, delivery, events, tokens } = this.#parts;
    const { discovery, endpointPool, ownsEndpointPool } = this.#options;
    const wasUp = connection.state === "connected" || connection.state === "reconnecting";
    if (connection.state === "connected") {
      // Whatever is not settled by then is settled below, as what it is.
      await this.drain(timeoutMs).catch(() => {});
    }
    departure.cancel();
    await connection.close(closeGraceMs);
    delivery.outbox.close(new ImError("canceled", "the client was disconnected"));
    this.#ended.abort();
    tokens?.close();
    if (ownsEndpointPool) await endpointPool.close();
    delivery.inbox.close();
    if (wasUp) void events.emit("disconnect", undefined);
    // Last, and bounded: the rest must not depend on what somebody else wrote.
    await this.#closeForeign("the store", timeoutMs, () => delivery.closeStore());
    delivery.outbox.onJournalClosed();
    await this.#closeForeign("the discovery", timeoutMs, () => discovery?.close());
  }

  async #closeForeign(what: string, timeoutMs: number, close: () => Promise<void> | undefined): Promise<void> {
    const late = () => notDone(timeoutMs, `${what} has not closed`);
    try {
      await within(timeoutMs, this.#options.clock, Promise.resolve(close()), late);
    } catch (reason) {
      void this.#parts.events.emit("error", ImError.from(reason, `closing ${what}`));
    }
  }

  #follow(discovery: ServiceDiscovery): Promise<void> {
    this.#following ??= this.#parts.instances.follow(discovery, this.#ended.signal, () => {
      this.#following = undefined;
    });
    return this.#following;
  }
}

function notDone(timeoutMs: number, detail: string): ImError {
  return new ImError("deadline_exceeded", `not done within ${timeoutMs} ms: ${detail}`);
}

function noInstances(
  discovery: ServiceDiscovery,
  serviceName: string,
  timeoutMs: number,
  { list, lastError: cause }: InstanceSet,
): ImError {
  const nothing =
    list === undefined
      ? "it has not answered"
      : "none is registered under this name, or none is healthy, as far as it knows";
  const why = cause?.message ?? `${discovery.constructor.name}: ${nothing}`;
  return new ImError("unavailable", `no instance of ${serviceName} was found within ${timeoutMs} ms: ${why}`, {
    cause,
  });
}

/** Settles as the work does; rejects with `late()` after a time, or with the signal's reason when that aborts. */
async function within(
  timeoutMs: number,
  clock: Clock,
  work: Promise<void>,
  late: () => ImError,
  signal?: AbortSignal,
): Promise<void> {
  const ended = Promise.withResolvers<never>();
  const timer = clock.setTimeout(() => ended.reject(late()), timeoutMs);
  const onAbort = () => ended.reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([work, ended.promise]);
  } finally {
    clock.clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}
