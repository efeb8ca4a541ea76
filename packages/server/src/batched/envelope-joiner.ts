/**
 * Joins envelopes into one buffer. Members of a room mostly have the same to write in the same turn: asked for the same
 * envelopes as the last time, it answers the same buffer, which is copied, and kept while it is being sent, once for all.
 */
export class EnvelopeJoiner {
  #envelopes: readonly Uint8Array[] = [];
  #joined: Uint8Array = new Uint8Array(0);

  /** `bytes` is the sum of their lengths. The buffer is shared, and not to be written to. */
  join(envelopes: readonly Uint8Array[], bytes: number): Uint8Array {
    const [first] = envelopes;
    if (first !== undefined && envelopes.length === 1) return first;
    if (!isSame(envelopes, this.#envelopes)) {
      this.#envelopes = envelopes;
      this.#joined = Buffer.concat(envelopes, bytes);
    }
    return this.#joined;
  }

  /** Keeps nothing alive of what was joined last. */
  forget(): void {
    this.#envelopes = [];
    this.#joined = new Uint8Array(0);
  }
}

function isSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  if (some.length !== others.length) return false;
  for (let i = 0; i < some.length; i += 1) if (some[i] !== others[i]) return false;
  return true;
}
