/** Tells a listener of an error. What the listener throws is thrown where nothing of ours stops by it, as of any event. */
export function report(onError: ((error: Error) => void) | undefined, error: Error): void {
  try {
    onError?.(error);
  } catch (thrown) {
    queueMicrotask(() => {
      throw thrown;
    });
  }
}
