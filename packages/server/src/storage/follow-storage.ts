import type { ServingState } from "../health/serving-state.ts";
import type { Logger } from "../logger.ts";
import type { ServerStorage } from "./server-storage.ts";

/** Lets what the server says of itself follow its storage. Returns what ends it. */
export function followStorage(storage: ServerStorage | undefined, serving: ServingState, logger: Logger): () => void {
  const unwatch = storage?.watchAvailability?.((isAvailable) => {
    if (isAvailable === serving.isAvailable) return;
    if (isAvailable) logger.info("the storage is back; the server serves again");
    else logger.warn("the storage is away; the server says NOT_SERVING until it is back");
    serving.setAvailable(isAvailable);
  });
  return unwatch ?? (() => {});
}
