import { readFileSync } from "node:fs";
import { parseAddress } from "@im-sdk/contracts";
import { Command, InvalidArgumentError, Option } from "commander";
import type { ImServerOptions, TlsOptions } from "../options/im-server-options.ts";
import { type LogLevel, logLevels } from "./console-logger.ts";
import type { RegistryFlags } from "./open-registry.ts";
import type { StorageFlags } from "./open-storage.ts";

/** What the command line asks for. */
export interface CommandOptions {
  readonly server: ImServerOptions;
  readonly registry: RegistryFlags;
  readonly storage: StorageFlags;
  readonly logLevel: LogLevel;
  readonly logJson: boolean;
}

interface Flags extends RegistryFlags, Omit<StorageFlags, "natsReplicas"> {
  readonly natsReplicas?: string;
  readonly serviceName?: string;
  readonly instanceId?: string;
  readonly advertise?: string;
  readonly weight?: number;
  readonly host: string;
  readonly port: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly audioDir?: string;
  readonly publicUrl?: string;
  readonly maxMessageBytes?: number;
  readonly maxUploadBytes?: number;
  readonly retentionMessages?: number;
  readonly retentionSeconds?: number;
  readonly logLevel: LogLevel;
  readonly logJson: boolean;
}

/** The command's flags, and its help. */
export function createCommand(version: string): Command {
  return new Command("im-server")
    .description("Reference server of the im.v1 instant-messaging contract (gRPC over HTTP/2).")
    .version(version)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <port>", "TCP port; 0 lets the system choose", wholeNumber(0, 65_535), 8083)
    .option("--tls-cert <file>", "certificate in PEM; with --tls-key, serves TLS")
    .option("--tls-key <file>", "key of the certificate in PEM")
    .option("--tls-ca <file>", "authorities in PEM; client certificates signed by one of them are required")
    .addOption(
      new Option("--consul <address>", "register in the Consul at this host:port; CONSUL_HTTP_TOKEN is its token")
        .argParser(addresses(1))
        .conflicts("etcd"),
    )
    .addOption(
      new Option(
        "--etcd <addresses>",
        "register in the etcd at this host:port[,…]; ETCDCTL_USER is user:password",
      ).argParser(addresses(Number.POSITIVE_INFINITY)),
    )
    .option("--service-name <name>", "name to register under (default: im-service)")
    .option("--instance-id <id>", "id to register under (default: service name, address and port)")
    .option("--advertise <host>", "address to register (default: that of --host, or this machine's first one)")
    .option("--weight <number>", "share of connections to register (default: 1)", wholeNumber(1))
    .option("--data-dir <folder>", "keep rooms and messages in a folder, so that they survive the server")
    .addOption(
      new Option(
        "--nats <addresses>",
        "share rooms with other servers in the NATS at this host:port[,…]; NATS_USER and NATS_PASSWORD, or NATS_CREDS",
      )
        .argParser(addresses(Number.POSITIVE_INFINITY))
        .conflicts("dataDir"),
    )
    .addOption(
      new Option("--nats-replicas <count>", "copies that a cluster of NATS keeps (default: 1)").choices([
        "1",
        "3",
        "5",
      ]),
    )
    .option("--audio-dir <folder>", "keep recordings in a folder instead of in memory")
    .option("--public-url <url>", "how clients reach the server, for the links to recordings")
    .option("--max-message-bytes <bytes>", "largest message (default: 4 MiB)", wholeNumber(1))
    .option("--max-upload-bytes <bytes>", "largest upload (default: 256 MiB)", wholeNumber(1))
    .option("--retention-messages <count>", "messages kept in a room (default: 10000)", wholeNumber(1))
    .option("--retention-seconds <seconds>", "how long a message is kept (default: 86400)", wholeNumber(1))
    .addOption(new Option("--log-level <level>", "what to log").choices(logLevels).default("info"))
    .option("--log-json", "log JSON objects instead of text", false)
    .allowExcessArguments(false);
}

/** Reads parsed flags into options; throws when a file cannot be read, and what `command.error` does when flags do not fit together. */
export function readCommandOptions(command: Command): CommandOptions {
  const flags = command.opts<Flags>();
  const { host, port, dataDir, nats, audioDir, publicUrl, logLevel, logJson } = flags;
  const tls = readTls(flags, command);
  const { consul, etcd, serviceName, instanceId, advertise, weight } = flags;
  const server: ImServerOptions = {
    host,
    port,
    ...(tls === undefined ? {} : { tls }),
    ...(audioDir === undefined ? {} : { audioFolder: audioDir }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(serviceName === undefined ? {} : { serviceName }),
    instance: {
      ...(instanceId === undefined ? {} : { id: instanceId }),
      ...(advertise === undefined ? {} : { address: advertise }),
      ...(weight === undefined ? {} : { metadata: { weight: String(weight) } }),
    },
    limits: {
      ...(flags.maxMessageBytes === undefined ? {} : { maxMessageBytes: flags.maxMessageBytes }),
      ...(flags.maxUploadBytes === undefined ? {} : { maxUploadBytes: flags.maxUploadBytes }),
    },
    retention: {
      ...(flags.retentionMessages === undefined ? {} : { maxMessages: flags.retentionMessages }),
      ...(flags.retentionSeconds === undefined ? {} : { ttlMs: flags.retentionSeconds * 1000 }),
    },
  };
  const described = Object.entries({ serviceName, instanceId, advertise, weight }).find(
    ([, value]) => value !== undefined,
  );
  if (described !== undefined && consul === undefined && etcd === undefined) {
    const flag = described[0].replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    command.error(`error: --${flag} is for a registry: give --consul or --etcd too`);
  }
  const registry = { ...(consul === undefined ? {} : { consul }), ...(etcd === undefined ? {} : { etcd }) };
  const { natsReplicas } = flags;
  if (natsReplicas !== undefined && nats === undefined) {
    command.error("error: --nats-replicas is for a NATS: give --nats too");
  }
  const storage = {
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(nats === undefined ? {} : { nats }),
    ...(natsReplicas === undefined ? {} : { natsReplicas: Number(natsReplicas) }),
  };
  return { server, registry, storage, logLevel, logJson };
}

function readTls({ tlsCert, tlsKey, tlsCa }: Flags, command: Command): TlsOptions | undefined {
  if (tlsCert === undefined && tlsKey === undefined && tlsCa === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    command.error("error: --tls-cert and --tls-key belong together: give both");
  }
  const pair = { cert: readPem("--tls-cert", tlsCert), key: readPem("--tls-key", tlsKey) };
  return tlsCa === undefined ? pair : { ...pair, ca: readPem("--tls-ca", tlsCa), requestClientCertificate: true };
}

function readPem(flag: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Error(`${flag} ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** `host:port`, once or more often with commas in between. */
function addresses(most: number): (text: string) => string {
  return (text) => {
    const words = text.split(",");
    try {
      for (const word of words) parseAddress(word);
      if (words.length <= most) return text;
    } catch {
      // Said below, for both.
    }
    throw new InvalidArgumentError(
      `Want host:port or [ipv6]:port${most === 1 ? "" : ", with commas between several"}.`,
    );
  };
}

function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    const bounds = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`Want a whole number ${bounds}.`);
  };
}
