import { markersKeptMs } from "./feed-progress.ts";
import type { PresenceBucket } from "./presence-bucket.ts";

const maxErasedAtOnce = 100;

/** Markers in the bucket that nobody will need after a while. */
export class OldMarkers {
  /** In the order in which they came. */
  readonly #markers = new Map<number, number>();
  #isErasing = false;

  note(revision: number, nowMs: number): void {
    this.#markers.set(revision, nowMs);
  }

  /** Another history has begun. */
  clear(): void {
    this.#markers.clear();
  }

  /** Erases those whose time is over, some at a time; what fails is left for the next time. */
  async erase(bucket: PresenceBucket, nowMs: number): Promise<void> {
    if (this.#isErasing) return;
    this.#isErasing = true;
    try {
      for (let old = this.#oldest(nowMs); old.length > 0; old = this.#oldest(nowMs)) {
        await Promise.all(old.map((revision) => bucket.erase(revision)));
        for (const revision of old) this.#markers.delete(revision);
      }
    } catch {
      // They do no harm meanwhile.
    } finally {
      this.#isErasing = false;
    }
  }

  #oldest(nowMs: number): readonly number[] {
    const old: number[] = [];
    for (const [revision, notedAtMs] of this.#markers) {
      if (nowMs - notedAtMs < markersKeptMs || old.length === maxErasedAtOnce) break;
      old.push(revision);
    }
    return old;
  }
}
