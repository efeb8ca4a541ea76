import { userInfo } from "node:os";
import { type Command, Option } from "commander";
import type { CliIo } from "../cli-io.ts";
import { UsageError } from "../usage-error.ts";
import { addOptionWithVariable } from "./option-with-variable.ts";
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
export function addCommonOptions(program: Command, env: CliIo["env"]): void {
  const add = (variable: string, option: Option) => addOptionWithVariable(program, option, variable, env);
  const place = (flags: string, text: string) => new Option(flags, text).argParser(addresses);
  add("IM_SERVER", place("-s, --server <address>", "host:port of a server, repeatable (default: localhost:8083)"));
  add("IM_CONSUL", place("--consul <address>", "find servers in the Consul at host:port"));
  add("IM_ETCD", place("--etcd <addresses>", "find servers in the etcd at host:port[,…]"));
  add(
    "IM_SERVICE_NAME",
    new Option("--service-name <name>", "name of the service in Consul or etcd").default("im-service"),
  );
  add("IM_USER", new Option("-u, --user <id>", "who you are (default: your name on this computer)"));
  add("IM_TOKEN", new Option("--token <token>", "what you are known to the server by; the variable is safer"));
  program.option("--tls", "TLS to the server; --ca turns it on, too");
  add("IM_CA", new Option("--ca <file>", "authorities to trust, in PEM"));
  add(
    "IM_TIMEOUT",
    new Option("--timeout <time>", "limit for connecting, and for each call")
      .argParser(duration)
      .default(10_000, "10s"),
  );
  program.option("--json", "results as JSON, one object a line");
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
