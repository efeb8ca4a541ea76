import { userInfo } from "node:os";
import { type Command, Option } from "commander";
import { UsageError } from "../usage-error.ts";
import { addresses, duration } from "./parse-option.ts";

/** What every command is told about the service, the user and the output. */
export interface CommonOptions {
  readonly place: ServicePlace;
  readonly serviceName: string;
  readonly userId: string;
  readonly token: string | undefined;
  /** TLS to the servers. */
  readonly tls: boolean;
  /** File of authorities in PEM; undefined: those of Node. */
  readonly caFile: string | undefined;
  readonly timeoutMs: number;
  readonly json: boolean;
}

/** Where the servers are, or who knows it; addresses are `host:port`. */
export interface ServicePlace {
  readonly kind: PlaceFlag;
  readonly addresses: readonly string[];
}

type PlaceFlag = (typeof placeFlags)[number];

const placeFlags = ["server", "consul", "etcd"] as const;

interface Flags extends Partial<Record<PlaceFlag, readonly string[]>> {
  readonly serviceName: string;
  readonly user?: string;
  readonly token?: string;
  readonly tls?: boolean;
  readonly ca?: string;
  readonly timeout: number;
  readonly json?: boolean;
}

/** Adds the options that all commands share; they may stand before and behind the command's name. */
export function addCommonOptions(program: Command): void {
  const option = (flags: string, variable: string, text: string) => new Option(flags, text).env(variable);
  program
    .addOption(
      option(
        "-s, --server <address>",
        "IM_SERVER",
        "host:port of a server, repeatable (default: localhost:8083)",
      ).argParser(addresses),
    )
    .addOption(
      option("--consul <address>", "IM_CONSUL", "find servers in the Consul at host:port").argParser(addresses),
    )
    .addOption(
      option("--etcd <addresses>", "IM_ETCD", "find servers in the etcd at host:port[,…]").argParser(addresses),
    )
    .addOption(
      option("--service-name <name>", "IM_SERVICE_NAME", "name of the service in Consul or etcd").default("im-service"),
    )
    .addOption(option("-u, --user <id>", "IM_USER", "who you are (default: your name on this computer)"))
    .addOption(option("--token <token>", "IM_TOKEN", "what you are known to the server by; the variable is safer"))
    .option("--tls", "TLS to the server; --ca turns it on, too")
    .addOption(option("--ca <file>", "IM_CA", "authorities to trust, in PEM"))
    .addOption(
      option("--timeout <time>", "IM_TIMEOUT", "limit for connecting, and for each call")
        .argParser(duration)
        .default(10_000, "10s"),
    )
    .option("--json", "results as JSON, one object a line");
}

/** Reads what was parsed for a command; throws a UsageError when options do not fit together. */
export function readCommonOptions(command: Command): CommonOptions {
  const flags = command.optsWithGlobals<Flags>();
  const { serviceName, user, token, tls = false, ca, timeout, json = false } = flags;
  const caFile = given(ca);
  return {
    place: readPlace(command, flags),
    serviceName,
    userId: given(user) ?? systemUser(),
    token: given(token),
    tls: tls || caFile !== undefined,
    caFile,
    timeoutMs: timeout,
    json,
  };
}

/** What is on the command line counts before what is in the environment. */
function readPlace(command: Command, flags: Flags): ServicePlace {
  const named = placeFlags.filter((flag) => (flags[flag]?.length ?? 0) > 0);
  const onLine = named.filter((flag) => command.getOptionValueSourceWithGlobals(flag) === "cli");
  const [kind = "server", other] = onLine.length > 0 ? onLine : named;
  if (other !== undefined) throw new UsageError(`--${kind} and --${other} exclude each other: give one of them`);
  const found = named.length === 0 ? ["localhost:8083"] : (flags[kind] ?? []);
  if (kind === "consul" && found.length > 1) throw new UsageError("--consul takes one address, best that of its agent");
  return { kind, addresses: found };
}

function given(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    throw new UsageError("this computer does not know your name: give --user, or set IM_USER");
  }
}
