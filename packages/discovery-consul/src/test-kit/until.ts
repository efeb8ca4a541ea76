import { setTimeout as pause } from "node:timers/promises";

/** Asks again and again until the answer is yes; the runner's own timeout ends a wait in vain. */
export async function until(state: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await state())) await pause(10);
}
