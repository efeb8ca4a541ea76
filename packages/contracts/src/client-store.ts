/** A kept value. */
export interface StoreEntry {
  /** Any text, also none; without lone surrogates. */
  readonly key: string;
  /** Any bytes, also none. */
  readonly value: Uint8Array;
}

/** A change of one key. */
export interface StoreChange {
  /** Any text, also none; without lone surrogates. */
  readonly key: string;
  /** What the key holds from now on; `undefined` deletes it, and deleting a key that is not there is no error. */
  readonly value: Uint8Array | undefined;
}

/**
 * Where a client keeps what must outlive its process: unsettled messages, and how far each room was read. Made for a few
 * thousand small values. One store belongs to one client at a time. What goes wrong is a `StoreError`.
 */
export interface ClientStore extends AsyncDisposable {
  /**
   * Everything that is kept, in any order; called once, before the first write. Rejects when the store cannot be opened: with
   * `locked` when another client or another process has it open, with `corrupt` when it is damaged.
   */
  load(): Promise<readonly StoreEntry[]>;

  /**
   * Makes these changes, all or none; of several changes of one key the last counts. Once it resolves, they survive the end of
   * the process by any signal. Calls made before an earlier one has resolved take effect in the order of the calls. The bytes
   * are taken before it returns, so that the caller may use its buffers again. Rejects with `closed` before `load` and after
   * `close`, and with a TypeError for a change that cannot be, see `requireChanges`.
   */
  write(changes: readonly StoreChange[]): Promise<void>;

  /** Resolves when what was written is kept and nothing is left that would hold the process; a second call does nothing. */
  close(): Promise<void>;
}
