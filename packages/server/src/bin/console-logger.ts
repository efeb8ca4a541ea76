import type { LogFields, Logger } from "../logger.ts";

/** From the most urgent to the most talkative. */
export const logLevels = ["error", "warn", "info", "debug"] as const;

export type LogLevel = (typeof logLevels)[number];

/** What a {@link createConsoleLogger} needs. */
export interface ConsoleLoggerOptions {
  /** Less urgent lines are left out. */
  readonly level: LogLevel;
  /** One JSON object a line instead of text. */
  readonly json: boolean;
  readonly write: (line: string) => void;
  readonly now: () => number;
}

/** Writes lines of time, level, message and `key=value`. */
export function createConsoleLogger(options: ConsoleLoggerOptions): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (logLevels.indexOf(level) > logLevels.indexOf(options.level)) return;
      const time = new Date(options.now()).toISOString();
      options.write(options.json ? jsonLine(time, level, message, fields) : textLine(time, level, message, fields));
    };
  return { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug") };
}

function textLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const facts = Object.entries(fields).map(([key, value]) => ` ${key}=${textValue(value)}`);
  return `${time} ${level.padEnd(5)} ${message}${facts.join("")}\n`;
}

function jsonLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const facts = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, plain(value)]));
  return `${JSON.stringify({ time, level, message, ...facts })}\n`;
}

// Values come from clients too: a line break in one must not begin a line of its own.
function textValue(value: unknown): string {
  const text = String(plain(value));
  return /^[\w.:/@+-]+$/.test(text) ? text : JSON.stringify(text);
}

function plain(value: unknown): unknown {
  if (value instanceof Error) return value.message;
  return typeof value === "bigint" ? value.toString() : value;
}
