import type { Clock } from "@im-sdk/contracts";
import type { Logger } from "../logger.ts";
import type { ServerStorage } from "./server-storage.ts";

/** How long a closing server waits for its storage. */
const closeTimeoutMs = 10_000;

/** Closes a storage. One that fails to, or takes longer than ten seconds, is logged: a server that closes cannot do more. */
export async function closeStorage(
  storage: ServerStorage | undefined,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<void> {
  if (storage === undefined) return;
  let timer: unknown;
  const timeout = new Promise<never>((_, reject) => {
    const late = () => reject(new Error(`it has not closed within ${closeTimeoutMs} ms`));
    timer = clock.setTimeout(late, closeTimeoutMs);
  });
  try {
    await Promise.race([storage.close(), timeout]);
  } catch (error) {
    logger.error("the storage could not be closed", { error });
  } finally {
    clock.clearTimeout(timer);
  }
}
