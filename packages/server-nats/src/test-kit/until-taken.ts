import { setTimeout as delay } from "node:timers/promises";

/** Tries again until it is taken: of elections nobody tells. */
export async function untilTaken<T>(attempt: () => Promise<T> | T): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch {
      await delay(20);
    }
  }
}
