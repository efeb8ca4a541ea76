import { type ServiceInstance, type SnapshotStream, tell, type WatchOptions } from "@im-sdk/contracts";

type Snapshot = readonly ServiceInstance[];
type OnError = WatchOptions["onError"];

/** One watch of a service, handed on to everybody who joined it. It begins with the first and ends with the last of them. */
export class SharedWatch {
  readonly #open: (options: WatchOptions) => AsyncIterable<Snapshot>;
  readonly #onEnd: () => void;
  readonly #members = new Map<SnapshotStream<Snapshot>, OnError>();
  readonly #ended = new AbortController();
  #isRunning = false;
  #last: Snapshot | undefined;
  /** Why there is no snapshot yet. */
  #error: Error | undefined;

  constructor(open: (options: WatchOptions) => AsyncIterable<Snapshot>, onEnd: () => void) {
    this.#open = open;
    this.#onEnd = onEnd;
  }

  join(stream: SnapshotStream<Snapshot>, onError: OnError): void {
    this.#members.set(stream, onError);
    // During an outage the list is stale; a newcomer hears of that with the next failed try.
    if (this.#last !== undefined) stream.push(this.#last);
    else if (this.#error !== undefined) tell(onError, this.#error);
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  leave(stream: SnapshotStream<Snapshot>): void {
    this.#members.delete(stream);
    if (this.#members.size === 0) this.close();
  }

  close(): void {
    this.#ended.abort();
    this.#onEnd();
    for (const stream of this.#members.keys()) stream.end();
  }

  async #run(): Promise<void> {
    try {
      for await (const snapshot of this.#open({
        signal: this.#ended.signal,
        onError: (error) => this.#onError(error),
      })) {
        this.#last = snapshot;
        for (const stream of this.#members.keys()) stream.push(snapshot);
      }
      this.close();
    } catch (error) {
      // Who joins later asks anew.
      this.#onEnd();
      for (const stream of this.#members.keys()) stream.fail(error);
    }
  }

  #onError(error: Error): void {
    this.#error = error;
    for (const onError of this.#members.values()) tell(onError, error);
  }
}
