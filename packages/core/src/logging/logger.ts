/**
 * What a client logs to: pino, winston, `console`, or anything with these four. Each line is a message and an object of what it is
 * about, in the order that the logger takes them.
 */
export interface Logger {
  debug(message: string): unknown;
  info(message: string): unknown;
  warn(message: string): unknown;
  error(message: string): unknown;
}

export type LogLevel = keyof Logger;

/**
 * Writes a line to any kind of logger: pino takes the object before the message, all others behind it. Gives what the logger gave,
 * which is a promise when it writes asynchronously. What goes wrong there says that it was the logger.
 */
export function log(
  logger: Logger,
  level: LogLevel,
  message: string,
  fields: Readonly<Record<string, unknown>>,
): unknown {
  const write = logger[level].bind(logger) as (...parts: unknown[]) => unknown;
  const fail = (reason: unknown): never => {
    const why = reason instanceof Error ? reason.message : String(reason);
    throw new Error(`the logger, at ${level}(): ${why}`, { cause: reason });
  };
  try {
    const written = isPino(logger) ? write(fields, message) : write(message, fields);
    return written instanceof Promise ? written.catch(fail) : written;
  } catch (reason) {
    return fail(reason);
  }
}

/** Those of its methods that nobody else has. */
function isPino(logger: Logger): boolean {
  return "bindings" in logger && "setBindings" in logger;
}
