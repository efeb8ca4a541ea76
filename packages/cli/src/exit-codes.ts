/** How the command ends, for scripts. */
export const exitCodes = {
  done: 0,
  /** Refused by the server, or anything that has no code of its own. */
  failed: 1,
  /** A wrong option or argument; nothing was tried. */
  usage: 2,
  /** No server or registry could be reached in time. What was to be sent was not sent, so that trying again is safe. */
  unavailable: 3,
  /** A message left and no answer came: it may have arrived or not. */
  unknown: 4,
  /** Stopped by SIGINT. */
  interrupted: 130,
  /** Stopped by SIGTERM. */
  terminated: 143,
} as const;
