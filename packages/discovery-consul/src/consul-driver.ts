import { EventEmitter } from "node:events";
import { Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { type Clock, formatAddress } from "@im-sdk/contracts";
import Consul from "consul";
import type { ResolvedConsulDiscoveryOptions } from "./consul-discovery-options.ts";
import { lateError, unreachableError } from "./consul-failures.ts";

/** A request to Consul; `{name}` in the path stands for a parameter. */
export interface ConsulRequest {
  readonly method: "GET" | "PUT";
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: object;
  /** What is asked, for errors, as in `Consul did not …`. */
  readonly what: string;
  readonly timeoutMs: number;
}

/** An answer, whatever its status. */
export interface ConsulAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/**
 * One request and its answer, by the npm client, with an end: the signal's, or that of its time.
 *
 * Of the client only `_get` and `_put` are used, which it has from its base, papi. Its calls by name hide the response's
 * headers, where the index is; they have none that asks for one service of the agent, send no `ns`, and leave
 * `replace-existing-checks` and all fields that they do not know out of a registration. An answer that breaks off in its middle is
 * noticed when its time is up: the client waits for its end and does not listen for anything else.
 */
export class ConsulDriver {
  /** Which Consul, for errors, such as `Consul at localhost:8500`. */
  readonly registry: string;
  readonly #clock: Clock;
  readonly #isTls: boolean;
  readonly #agent: HttpAgent;
  readonly #client: PapiClient;

  constructor({ host, port, token, namespace, tls, clock }: ResolvedConsulDiscoveryOptions) {
    const address = formatAddress(host, port);
    this.registry = `Consul at ${address}`;
    this.#clock = clock;
    this.#isTls = tls !== false;
    // A host that vanished is noticed by TCP's own probes. The client keeps the brackets of an IPv6 address, so the agent says
    // where to connect to.
    const connecting = { keepAlive: true, keepAliveMsecs: 5_000, host, port };
    this.#agent =
      tls === false ? new HttpAgent(connecting) : new HttpsAgent({ ...connecting, ...(tls === true ? {} : tls) });
    const options = {
      baseUrl: `${tls === false ? "http" : "https"}://${address}/v1`,
      agent: this.#agent,
      headers: {
        ...(token !== undefined && { "x-consul-token": token }),
        ...(namespace !== undefined && { "x-consul-namespace": namespace }),
      },
    };
    this.#client = new Consul(options) as unknown as PapiClient;
  }

  /** Throws the signal's reason when it aborts, RegistryError `unavailable` when there is no answer in time. */
  async send(request: ConsulRequest, signal: AbortSignal): Promise<ConsulAnswer> {
    const { method, path, params, query = {}, body, what, timeoutMs } = request;
    signal.throwIfAborted();
    const ctx = new EventEmitter();
    const cancel = () => ctx.emit("cancel");
    let isLate = false;
    const timer = this.#clock.setTimeout(() => {
      isLate = true;
      cancel();
    }, timeoutMs);
    signal.addEventListener("abort", cancel, { once: true });
    try {
      const call = { path, params, query: withoutGaps(query), ctx, ...(body && { type: "json", body }) };
      return answerOf(await (method === "GET" ? this.#client._get(call) : this.#client._put(call)));
    } catch (reason) {
      signal.throwIfAborted();
      if (isLate) throw lateError(this.registry, what, timeoutMs);
      const { isResponse, response } = reason as PapiError;
      if (isResponse && response !== undefined) return answerOf(response);
      throw unreachableError(this.registry, what, this.#isTls, reason);
    } finally {
      this.#clock.clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
    }
  }

  /** Ends every connection. */
  close(): void {
    this.#agent.destroy();
  }
}

/** What is used of the client; its own types know nothing of it. */
interface PapiClient {
  _get(call: PapiCall): Promise<PapiResponse>;
  _put(call: PapiCall): Promise<PapiResponse>;
}

interface PapiCall {
  readonly path: string;
  readonly params: object;
  readonly query: object;
  /** Emits `cancel` to end the call. */
  readonly ctx: EventEmitter;
}

interface PapiResponse extends IncomingMessage {
  readonly body?: unknown;
}

interface PapiError {
  /** There was an answer, whose status is not 2xx. */
  readonly isResponse?: boolean;
  readonly response?: PapiResponse;
}

function answerOf({ statusCode = 0, headers, body }: PapiResponse): ConsulAnswer {
  // Words that come without a content type, as those about HTTP on an HTTPS port, are left as bytes.
  return { status: statusCode, headers, body: Buffer.isBuffer(body) ? body.toString() : body };
}

/** The client would send a parameter that is undefined as an empty one. */
function withoutGaps(query: object): object {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
}
