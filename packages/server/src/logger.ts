/** Facts beside a log message, by name. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where the server writes what it has to say; console-like, so that most loggers fit as they are. */
export interface Logger {
  /** Something is broken and needs a person. */
  error(message: string, fields?: LogFields): void;
  /** Something was refused or cut off that a person may want to know of. */
  warn(message: string, fields?: LogFields): void;
  /** Start, drain, stop. */
  info(message: string, fields?: LogFields): void;
  /** Every connection's faults and every refused message. */
  debug(message: string, fields?: LogFields): void;
}

/** Says nothing; the default of an embedded server. */
export const silentLogger: Logger = { error() {}, warn() {}, info() {}, debug() {} };
