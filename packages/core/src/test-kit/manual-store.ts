import type { ClientStore, StoreChange, StoreEntry } from "@im-sdk/contracts";

/** What a disk holds, and a way to get at it for one process after the other. */
export class ManualDisk {
  readonly values = new Map<string, Uint8Array>();

  open(): ManualStore {
    return new ManualStore(this);
  }
}

/** A store whose writes are kept when the test says so; those that were not are lost when its process is killed. */
export class ManualStore implements ClientStore {
  readonly #disk: ManualDisk;
  #pending: { changes: readonly StoreChange[]; resolve: () => void }[] = [];
  #isKilled = false;

  constructor(disk: ManualDisk) {
    this.#disk = disk;
  }

  async load(): Promise<readonly StoreEntry[]> {
    return [...this.#disk.values].map(([key, value]) => ({ key, value }));
  }

  write(changes: readonly StoreChange[]): Promise<void> {
    return new Promise((resolve) => this.#pending.push({ changes, resolve }));
  }

  /** Keeps what was written so far. */
  flush(): void {
    if (this.#isKilled) return;
    for (const { changes, resolve } of this.#pending.splice(0)) {
      for (const { key, value } of changes) {
        if (value === undefined) this.#disk.values.delete(key);
        else this.#disk.values.set(key, value);
      }
      resolve();
    }
  }

  /** The process is gone: nothing more is kept, and nobody hears of it. */
  kill(): void {
    this.#isKilled = true;
    this.#pending = [];
  }

  async close(): Promise<void> {
    this.flush();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
