import { ImError } from "../im-error.ts";
import { checkHealth } from "./health.ts";
import { Link, type LinkOptions } from "./link.ts";

/**
 * Opens a stream and asks HealthCheck beside it. Done when the instance says SERVING (UNIMPLEMENTED counts as yes); never
 * waits for the stream's headers, unless the answer shows a server that sends them at once. Rejects with what the stream
 * or the check failed with, or the signal's reason.
 */
export async function openLink(options: LinkOptions, signal: AbortSignal): Promise<Link> {
  const link = new Link(options);
  const broken = link.closed.then((error) => {
    throw error ?? new ImError("unavailable", "the stream ended while connecting");
  });
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    await Promise.race([
      checkHealth(link.transport, options.lease !== undefined, signal).then((header) => link.grant(header)),
      broken,
      aborted.promise,
    ]);
    if (link.capabilities.size > 0) await Promise.race([link.opened, broken, aborted.promise]);
    return link;
  } catch (reason) {
    link.abort();
    throw reason;
  } finally {
    signal.removeEventListener("abort", onAbort);
    broken.catch(() => {});
    aborted.promise.catch(() => {});
  }
}
