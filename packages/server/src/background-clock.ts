import { type Clock, systemClock } from "@im-sdk/contracts";

/** The clock of the process, whose timers never keep the process alive by themselves. */
export const backgroundClock: Clock = {
  now: systemClock.now,
  setTimeout(callback, delayMs) {
    const handle = systemClock.setTimeout(callback, delayMs);
    (handle as NodeJS.Timeout).unref();
    return handle;
  },
  clearTimeout: systemClock.clearTimeout,
};
