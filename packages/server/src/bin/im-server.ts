#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { CommanderError } from "commander";
import { type ImServer, startImServer } from "../im-server.ts";
import { type CommandOptions, createCommand, readCommandOptions } from "./command-options.ts";
import { createConsoleLogger } from "./console-logger.ts";
import { openRegistry } from "./open-registry.ts";
import { openStorage } from "./open-storage.ts";

const usageError = 2;

process.exitCode = await run();

async function run(): Promise<number> {
  const command = createCommand(packageVersion()).exitOverride();
  try {
    command.parse();
  } catch (error) {
    // Help and version end the same way as mistakes do; what is to be said has been written already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageError;
    throw error;
  }
  try {
    const options = readCommandOptions(command);
    return await serve(options);
  } catch (error) {
    if (error instanceof CommanderError) return usageError;
    process.stderr.write(`im-server: ${explain(error)}\n`);
    return 1;
  }
}

async function serve(options: CommandOptions): Promise<number> {
  const { server: serverOptions, registry: flags, storage: storageFlags, logLevel, logJson } = options;
  const write = (line: string) => void process.stdout.write(line);
  const logger = createConsoleLogger({ level: logLevel, json: logJson, write, now: Date.now });
  await using registry = await openRegistry(flags, process.env, serverOptions.tls);
  const storage = await openStorage(storageFlags, process.env);
  const starting = startImServer({
    ...serverOptions,
    ...(registry && { registry }),
    ...(storage && { storage }),
    logger,
  });
  // From here on: a registry that does not answer may hold up the start.
  const stopped = whenStopped(starting);
  const server = await starting;
  // Not a log line: scripts wait for it, whatever the log level is.
  process.stdout.write(`listening on ${server.url}\n`);
  await stopped;
  return 0;
}

/** Resolves when a signal came and the server has drained; a second signal ends the process on the spot. */
function whenStopped(starting: Promise<ImServer>): Promise<void> {
  return new Promise((resolve, reject) => {
    let signals = 0;
    const onSignal = () => {
      signals += 1;
      if (signals > 1) process.exit(1);
      starting.then((server) => server.drain()).then(resolve, reject);
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
}

function explain(error: unknown): string {
  const { code, message, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === "EADDRINUSE") return `port ${port} on ${address} is taken by another process`;
  if (code === "EACCES") return `no permission to listen on ${address} port ${port}`;
  return String(message).split("\n", 1)[0] ?? "";
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return (manifest as { version: string }).version;
}
