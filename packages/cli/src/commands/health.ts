import { createClient as createStub } from "@connectrpc/connect";
import { formatAddress } from "@im-sdk/contracts";
import { createEndpointPool, defaultOptions, ImError, type ServiceInstance, type TlsOptions } from "@im-sdk/core";
import { HealthStatus, IMService } from "@im-sdk/gen";
import type { Command } from "commander";
import type { CliIo } from "../cli-io.ts";
import { exitCodes } from "../exit-codes.ts";
import { openDiscovery } from "../open-discovery.ts";
import { type CommonOptions, readCommonOptions } from "../options/common-options.ts";
import { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";
import { Stopped } from "../stopped.ts";
import { readTls } from "../with-client.ts";

const examples = `
Examples:
  im health
  im health --server 10.0.0.1:8083 --server 10.0.0.2:8083
  im health --consul localhost:8500 --json
  until im health --timeout 1s; do sleep 1; done   wait for a server`;

interface Health {
  readonly address: string;
  readonly status: "serving" | "not_serving" | "service_unknown" | "unspecified" | "unreachable";
  readonly message: string;
}

/** `im health`: asks every server how it is; 0 when all serve, 1 when one answers that it does not, 3 when one does not answer. */
export function addHealthCommand(program: Command, io: CliIo): void {
  program
    .command("health")
    .summary("ask every server how it is")
    .description(
      "Asks every server, or every instance that Consul or etcd lists, how it is. Exits with 0 when all serve, with 1 when one " +
        "does not, and with 3 when one cannot be reached or there is none.",
    )
    .addHelpText("after", examples)
    .action(async (_flags: object, command: Command) => {
      const options = readCommonOptions(command);
      const output = new Output(io, options.json);
      const tls = readTls(options);
      await using discovery = openDiscovery(options.place, io.env);
      const { serviceName } = options;
      const instances = await discovery.discover(serviceName, { signal: io.signal });
      if (instances.length === 0) throw new ImError("unavailable", `nobody offers ${serviceName} there`);
      const answers = await Promise.all(
        instances.map((instance) => ask(instance, { ...options, tls, stop: io.signal })),
      );
      io.signal.throwIfAborted();
      for (const health of answers) await output.result(health, () => healthText(health, output));
      if (answers.some(({ status }) => status === "unreachable")) throw new Stopped(exitCodes.unavailable);
      if (answers.some(({ status }) => status !== "serving")) throw new Stopped(exitCodes.failed);
    });
}

interface AskOptions extends Pick<CommonOptions, "timeoutMs" | "token"> {
  readonly tls: TlsOptions;
  readonly stop: AbortSignal;
}

/** What Node's timers hold, some 25 days. */
const maxTimerMs = 0x7fffffff;

async function ask(instance: ServiceInstance, { timeoutMs, token, tls, stop }: AskOptions): Promise<Health> {
  const address = formatAddress(instance.address, instance.port);
  const signal = AbortSignal.any([stop, AbortSignal.timeout(Math.min(timeoutMs, maxTimerMs))]);
  const { maxReceiveBytes: readMaxBytes, maxSendBytes: writeMaxBytes } = defaultOptions;
  await using pool = createEndpointPool();
  try {
    const { transport } = await pool.acquire(instance, { tls, readMaxBytes, writeMaxBytes }, signal);
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await createStub(IMService, transport).healthCheck({}, { signal, headers });
    return { address, status: words[answer.status] ?? "unspecified", message: answer.message };
  } catch (error) {
    if (signal.aborted) return { address, status: "unreachable", message: `no answer within ${timeoutMs} ms` };
    return { address, status: "unreachable", message: ImError.from(error, "health check").message };
  }
}

const words: Readonly<Partial<Record<HealthStatus, Health["status"]>>> = {
  [HealthStatus.SERVING]: "serving",
  [HealthStatus.NOT_SERVING]: "not_serving",
  [HealthStatus.SERVICE_UNKNOWN]: "service_unknown",
};

function healthText({ address, status, message }: Health, output: Output): string {
  const word = output.styled(status === "serving" ? "green" : "red", status.replace("_", " "));
  return `${printable(address)}  ${word}${message === "" ? "" : `  ${printable(message)}`}`;
}
