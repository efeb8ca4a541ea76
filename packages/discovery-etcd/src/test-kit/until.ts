import { setTimeout as delay } from "node:timers/promises";

/** Waits until another program shows a state; the runner's own timeout ends a wait in vain. */
export async function until(state: () => Promise<boolean>): Promise<void> {
  while (!(await state())) await delay(20);
}
