/** How long markers stay in the bucket for those who are late. */
export const markersKeptMs = 60_000;

/** How well a feed keeps up with its bucket. */
export class FeedProgress {
  #cameTo = 0;
  #lateSinceMs: number | undefined;

  /** The feed begins anew, and has come to this revision. */
  reset(revision: number): void {
    this.#cameTo = revision;
    this.#lateSinceMs = undefined;
  }

  /**
   * Asked from time to time: whether the feed, which has come to `revision`, should have come to `due` by now. Throws when it
   * stands still, or has lagged so long that others may soon remove what it has not come to.
   */
  isLate(revision: number, due: number, nowMs: number): boolean {
    const stands = revision === this.#cameTo;
    this.#cameTo = revision;
    if (revision >= due) {
      this.#lateSinceMs = undefined;
      return false;
    }
    this.#lateSinceMs ??= nowMs;
    if (stands) throw new Error("NATS has told no news of the bucket");
    if (nowMs - this.#lateSinceMs > markersKeptMs / 2) throw new Error("this server cannot keep up with the bucket");
    return true;
  }
}
