import { setImmediate as nextTurn } from "node:timers/promises";

/** Waits for a state, never for a time; the runner's own timeout ends a wait in vain. */
export async function until(state: () => boolean): Promise<void> {
  while (!state()) await nextTurn();
}

/** Lets everything that is ready happen, many times over: for what must not happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await nextTurn();
}
