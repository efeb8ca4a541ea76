/** Open connections of each instance, as reported. An instance that has left the set keeps its count until they are closed. */
export class ConnectionCounts {
  readonly #counts = new Map<string, number>();

  of(instanceId: string): number {
    return this.#counts.get(instanceId) ?? 0;
  }

  /** Answers by how much the count has changed: 1, -1, or 0 for a connection that nobody has seen open. */
  report(instanceId: string, outcome: "opened" | "closed" | "failed"): number {
    const count = this.of(instanceId);
    const change = outcome === "opened" ? 1 : outcome === "closed" && count > 0 ? -1 : 0;
    if (count + change === 0) this.#counts.delete(instanceId);
    else this.#counts.set(instanceId, count + change);
    return change;
  }
}
