/** Calls every listener; what one throws reaches neither the others nor the caller: a connection to NATS would not outlive it. */
export function tellEach<News>(
  listeners: Iterable<(news: News) => void>,
  news: News,
  onError: (error: unknown) => void,
): void {
  for (const listener of [...listeners]) {
    try {
      listener(news);
    } catch (error) {
      onError(error);
    }
  }
}
