import { type PresenceBucket, requestTimeoutMs } from "./presence-bucket.ts";
import type { PresenceEvent } from "./presence-event.ts";
import { SeenRevision } from "./seen-revision.ts";
import { untoldLeases } from "./untold-leases.ts";

/** What a {@link BucketFeed} is made of. */
export interface BucketFeedParts {
  readonly onChange: (event: PresenceEvent) => void;
  /** Changes may be missing: it is to be opened anew. */
  readonly onLost: () => void;
}

/** The history of the bucket: first all that it holds, at once, then every change as it comes. */
export class BucketFeed {
  readonly #parts: BucketFeedParts;
  readonly #seen = new SeenRevision();
  #loading: PresenceEvent[] | undefined;
  #following: { stop(): void } | undefined;

  constructor(parts: BucketFeedParts) {
    this.#parts = parts;
  }

  /** How far it has come. */
  get revision(): number {
    return this.#seen.value;
  }

  /** Begins anew; nothing is told until {@link take}. */
  async open(bucket: Pick<PresenceBucket, "follow">): Promise<void> {
    this.stop();
    this.#seen.reset();
    this.#loading = [];
    this.#following = await bucket.follow((event) => {
      if (this.#loading === undefined) this.#parts.onChange(event);
      else this.#loading.push(event);
      this.#seen.reach(event.revision);
    }, this.#parts.onLost);
  }

  /**
   * Waits for all up to this revision, and for the leases of those who are in it, as `revisionOf` finds them. Rejects when nothing
   * comes for a while.
   */
  async load(revision: number, revisionOf: (key: string) => Promise<number | undefined>): Promise<void> {
    for (let before = this.revision; this.revision < revision; before = this.revision) {
      await this.reached(revision);
      if (this.revision === before) throw new Error(`NATS has not told revision ${revision} of the bucket`);
    }
    const loading = this.#loading ?? [];
    loading.unshift(...(await untoldLeases(loading, revisionOf)));
  }

  /** All that has come; every later change is told. */
  take(): readonly PresenceEvent[] {
    const events = this.#loading ?? [];
    this.#loading = undefined;
    return events;
  }

  /** Resolves when it has come so far, or has not for a while. */
  async reached(revision: number): Promise<void> {
    await this.#seen.whenReached(revision, requestTimeoutMs).catch(() => {});
  }

  stop(): void {
    this.#following?.stop();
    this.#following = undefined;
  }
}
