import type { RegistryError, ServiceInstance } from "@im-sdk/contracts";

/** What a watch or a registration has told, in order, with a way to wait for more of it. */
export class Recorder {
  readonly snapshots: (readonly ServiceInstance[])[] = [];
  readonly errors: RegistryError[] = [];
  #waiting: (() => void)[] = [];

  readonly onError = (error: Error): void => {
    this.errors.push(error as RegistryError);
    this.#wake();
  };

  /** Reads a watch to its end. */
  async read(watch: AsyncIterable<readonly ServiceInstance[]>): Promise<void> {
    for await (const snapshot of watch) {
      this.snapshots.push(snapshot);
      this.#wake();
    }
  }

  /** Ids of the newest snapshot. */
  get ids(): string | undefined {
    return this.snapshots
      .at(-1)
      ?.map(({ id }) => id)
      .join(" ");
  }

  get codes(): string[] {
    return this.errors.map(({ code }) => code);
  }

  /** Resolves when the condition holds; looked at after every snapshot and error. The runner's timeout ends a wait in vain. */
  async until(condition: (recorder: this) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
