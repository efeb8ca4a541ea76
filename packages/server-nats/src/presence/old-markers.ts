import type { PresenceBucket } from "./presence-bucket.ts";

/** How long a marker of something that was removed stays for those who are late. */
const keptMs = 60_000;

/** Markers in the bucket that nobody will need after a while. */
export class OldMarkers {
  /** In the order in which they came. */
  readonly #markers = new Map<number, number>();

  note(revision: number, nowMs: number): void {
    this.#markers.set(revision, nowMs);
  }

  /** Another history has begun. */
  clear(): void {
    this.#markers.clear();
  }

  /** Erases those whose time is over. */
  async erase(bucket: PresenceBucket, nowMs: number): Promise<void> {
    const old: number[] = [];
    for (const [revision, notedAtMs] of this.#markers) {
      if (nowMs - notedAtMs < keptMs) break;
      old.push(revision);
      this.#markers.delete(revision);
    }
    await Promise.all(old.map((revision) => bucket.erase(revision)));
  }
}
