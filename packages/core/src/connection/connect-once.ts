import { ConnectError } from "@connectrpc/connect";
import { type Clock, formatAddress, type LoadBalancer, type ServiceInstance, tell } from "@im-sdk/contracts";
import { ImError, type ImErrorCode } from "../im-error.ts";
import type { Link } from "./link.ts";
import { withinLimit } from "./within-limit.ts";

export interface ConnectOnceOptions {
  serviceName: string;
  /** Undefined when the user brought a transport: there is nothing to pick. */
  balancer: LoadBalancer | undefined;
  hashKey: string;
  /** How many instances are known; undefined when only the balancer knows. */
  instanceCount(): number | undefined;
  open(instance: ServiceInstance | undefined, signal: AbortSignal): Promise<Link>;
  clock: Clock;
}

export interface ConnectOnceContext {
  /** Instances not to try. */
  exclude: Iterable<string>;
  /** Limit for the whole round, in milliseconds. */
  timeoutMs: number;
  signal: AbortSignal;
  /** Why each address failed in earlier rounds, for the error; what fails in this round is added. */
  failures?: Map<string, ImError>;
}

/** Codes after which trying again, here or elsewhere, changes nothing. */
export const finalCodes: ReadonlySet<ImErrorCode> = new Set([
  "unauthenticated",
  "permission_denied",
  "invalid_argument",
]);

/** Codes that tell of the user, the token or the one who gives it: another instance would have said the same. */
const blamelessCodes: ReadonlySet<ImErrorCode> = new Set([...finalCodes, "canceled", "unknown"]);

/**
 * One round of connecting: instances in the balancer's order, each at most once, until one is up. Rejects with a final
 * error of an instance as it is, else with `unavailable`, naming every address that was tried and why it failed. The balancer
 * is told what became of each.
 */
export async function connectOnce(options: ConnectOnceOptions, context: ConnectOnceContext): Promise<Link> {
  const { serviceName, balancer, hashKey, clock, open } = options;
  const { signal } = context;
  const deadline = clock.now() + context.timeoutMs;
  const tried = new Set(context.exclude);
  const failures = context.failures ?? new Map<string, ImError>();
  let attempts = 0;

  for (;;) {
    const instance = balancer?.pick({ key: hashKey, exclude: tried });
    const remainingMs = deadline - clock.now();
    const isExhausted = balancer === undefined ? attempts > 0 : instance === undefined || tried.has(instance.id);
    if (isExhausted || remainingMs <= 0) break;
    const untried = (options.instanceCount() ?? attempts + 2) - attempts;
    const limitMs = untried <= 1 ? remainingMs : Math.min(remainingMs, Math.max(1_000, remainingMs / untried));
    const where = instance === undefined ? "the given transport" : formatAddress(instance.address, instance.port);
    if (instance !== undefined) tried.add(instance.id);
    const reason = () => new ImError("deadline_exceeded", `no answer within ${Math.round(limitMs)} ms`);
    try {
      const link = await withinLimit({ limitMs, clock, signal, reason }, (attempt) => open(instance, attempt));
      if (instance !== undefined) reportConnection(balancer, instance, link);
      return link;
    } catch (failure) {
      if (signal.aborted) throw signal.reason;
      const error = ImError.from(failure, `connecting to ${where} failed`);
      if (instance !== undefined && !blamelessCodes.has(error.code)) report(balancer, instance, "failed");
      if (finalCodes.has(error.code)) throw error;
      // Set anew, so that the last one is the last.
      failures.delete(where);
      failures.set(where, error);
      attempts++;
    }
  }
  throw noInstance(serviceName, failures);
}

/** In this order, whatever happens: who counts must not hear of an end before the beginning. */
function reportConnection(balancer: LoadBalancer | undefined, instance: ServiceInstance, link: Link): void {
  report(balancer, instance, "opened");
  void link.closed.then(() => report(balancer, instance, "closed"));
}

/** A balancer that throws here must not cost a connection. */
function report(
  balancer: LoadBalancer | undefined,
  instance: ServiceInstance,
  outcome: "opened" | "closed" | "failed",
): void {
  tell(balancer?.report?.bind(balancer), instance, outcome);
}

function noInstance(serviceName: string, failures: ReadonlyMap<string, ImError>): ImError {
  if (failures.size === 0) {
    return new ImError(
      "unavailable",
      `there is no instance of ${serviceName} to connect to: pass services, a discovery that finds some, or call setServices`,
    );
  }
  const reasons = [...failures].map(([where, error]) => `${where} (${rootMessage(error)})`).join(", ");
  const last = [...failures.values()].at(-1);
  return new ImError("unavailable", `no instance of ${serviceName} could be reached: ${reasons}`, {
    cause: failures.size === 1 ? last : new AggregateError(failures.values()),
    retryAfterMs: last?.retryAfterMs,
  });
}

function rootMessage(error: ImError): string {
  let root: Error = error;
  while (root.cause instanceof Error && root.cause.message !== "") root = root.cause;
  if (root instanceof ConnectError) return root.rawMessage;
  // What OpenSSL says in full is a place in its own source, and more than one line.
  return "library" in root && "reason" in root ? `TLS: ${root.reason}` : root.message;
}
