import type { ClientStream } from "./client-stream.ts";

/** Every open stream, and which of them are a user's. */
export class StreamDirectory {
  readonly #all = new Set<ClientStream>();
  readonly #byUser = new Map<string, Set<ClientStream>>();
  #closedError: Error | undefined;

  add(stream: ClientStream): void {
    this.#all.add(stream);
    // One that was still on its way in when the others were ended.
    if (this.#closedError !== undefined) stream.outgoing.end(this.#closedError);
  }

  /** From now on the stream is that user's. */
  identify(stream: ClientStream, userId: string): void {
    stream.userId = userId;
    const streams = this.#byUser.get(userId) ?? new Set<ClientStream>();
    streams.add(stream);
    this.#byUser.set(userId, streams);
  }

  delete(stream: ClientStream): void {
    this.#all.delete(stream);
    const streams = this.#byUser.get(stream.userId);
    if (streams?.delete(stream) === true && streams.size === 0) this.#byUser.delete(stream.userId);
  }

  of(userId: string): ClientStream[] {
    return [...(this.#byUser.get(userId) ?? [])];
  }

  all(): ClientStream[] {
    return [...this.#all];
  }

  /** Ends every stream with this error, after what waits for it; and every one that comes later. */
  endAll(error: Error): void {
    this.#closedError = error;
    for (const stream of this.all()) stream.outgoing.end(error);
  }
}
