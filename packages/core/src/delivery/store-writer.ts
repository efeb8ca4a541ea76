import type { ClientStore } from "@im-sdk/contracts";
import { ImError } from "../im-error.ts";

interface Batch {
  /** By key; of several changes of a key the last counts. */
  readonly changes: Map<string, Uint8Array | undefined>;
  /** Settles when the batch is kept, with why when it is not; never rejects. */
  readonly written: Promise<ImError | undefined>;
  readonly resolve: (error: ImError | undefined) => void;
}

/** Writes changes to a store, one batch at a time: what comes while one is being written makes up the next. */
export class StoreWriter {
  readonly #store: ClientStore;
  /** What is to be written next. */
  #next: Batch | undefined;
  #isWriting = false;
  #last: Promise<ImError | undefined> = Promise.resolve(undefined);

  constructor(store: ClientStore) {
    this.#store = store;
  }

  /** Changes a key; `undefined` deletes it. Resolves when that is kept, with the error when it is not; never rejects. */
  set(key: string, value: Uint8Array | undefined): Promise<ImError | undefined> {
    this.#next ??= createBatch();
    this.#next.changes.set(key, value);
    this.#last = this.#next.written;
    if (!this.#isWriting) void this.#write();
    return this.#last;
  }

  /** Resolves when everything so far is kept or has failed, with the error of the last batch. */
  written(): Promise<ImError | undefined> {
    return this.#last;
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    // Whatever happens in the same turn goes together.
    await Promise.resolve();
    for (let batch = this.#next; batch !== undefined; batch = this.#next) {
      this.#next = undefined;
      batch.resolve(await this.#tryWrite(batch));
    }
    this.#isWriting = false;
  }

  async #tryWrite({ changes }: Batch): Promise<ImError | undefined> {
    try {
      await this.#store.write([...changes].map(([key, value]) => ({ key, value })));
      return undefined;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      return new ImError("internal", `the store could not be written: ${why}`, { retryable: true, cause });
    }
  }
}

function createBatch(): Batch {
  const { promise: written, resolve } = Promise.withResolvers<ImError | undefined>();
  return { changes: new Map(), written, resolve };
}
