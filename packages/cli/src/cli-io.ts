/** What a command reads, writes and listens to. */
export interface CliIo {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts with a {@link Stopped} when the command is to end. */
  readonly signal: AbortSignal;
}
