/** A real server on loopback. Its methods are for one caller, one after another; `stop` may come at any time. */
export interface RunningServer extends AsyncDisposable {
  /** `127.0.0.1:port` of its client API; stays the same through restarts. */
  readonly address: string;
  /** Kills it as a crash would (SIGKILL), also while paused; done when it is dead. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same ports, with its data or without; done when it is ready. */
  start(options: { readonly keepData: boolean }): Promise<void>;
  /** Freezes it: connections stay open, and from now on nothing is answered. */
  pause(): void;
  /** Ends the freeze. */
  resume(): void;
  /** Ends it for good, also while paused, and removes its data. */
  stop(): Promise<void>;
}
