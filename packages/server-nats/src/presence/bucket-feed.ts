import { type PresenceBucket, requestTimeoutMs } from "./presence-bucket.ts";
import type { PresenceEvent } from "./presence-event.ts";
import { SeenRevision } from "./seen-revision.ts";

/** The history of the bucket: first all that it holds, at once, then every change as it comes. */
export class BucketFeed {
  readonly #onChange: (event: PresenceEvent) => void;
  readonly #seen = new SeenRevision();
  #loading: PresenceEvent[] | undefined;
  #opened: readonly PresenceEvent[] = [];
  #unwatch = () => {};

  constructor(onChange: (event: PresenceEvent) => void) {
    this.#onChange = onChange;
  }

  /** How far it has come. */
  get revision(): number {
    return this.#seen.value;
  }

  /** Begins anew; nothing is told until {@link take}. */
  async open(bucket: Pick<PresenceBucket, "watch">): Promise<void> {
    this.stop();
    this.#seen.reset();
    const loading: PresenceEvent[] = [];
    this.#loading = loading;
    this.#opened = loading;
    this.#unwatch = await bucket.watch((event) => {
      // What the last history has left to tell is of another bucket, or is told again.
      if (this.#opened !== loading) return;
      if (this.#loading === undefined) this.#onChange(event);
      else this.#loading.push(event);
      this.#seen.reach(event.revision);
    });
  }

  /** All that there is when this revision has come, to which more is added. Rejects when nothing comes for a while. */
  async load(revision: number): Promise<readonly PresenceEvent[]> {
    for (let before = this.revision; this.revision < revision; before = this.revision) {
      await this.reached(revision);
      if (this.revision === before) throw new Error(`NATS has not told revision ${revision} of the bucket`);
    }
    return this.#loading ?? [];
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
    this.#opened = [];
    this.#unwatch();
    this.#unwatch = () => {};
  }
}
