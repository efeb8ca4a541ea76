import { formatAddress } from "@im-sdk/contracts";
import type { ServiceInstance } from "@im-sdk/core";
import type { Command } from "commander";
import type { CliIo } from "../cli-io.ts";
import { failureText } from "../failure-text.ts";
import { openDiscovery } from "../open-discovery.ts";
import { readCommonOptions } from "../options/common-options.ts";
import { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";
import { table } from "../output/table.ts";
import { UsageError } from "../usage-error.ts";

const examples = `
Examples:
  im discover --consul localhost:8500
  im discover im-service --etcd 10.0.0.1:2379,10.0.0.2:2379 --json
  im discover --consul localhost:8500 --watch`;

/** `im discover`: which instances a registry lists. */
export function addDiscoverCommand(program: Command, io: CliIo): void {
  program
    .command("discover")
    .summary("list the instances in Consul or etcd")
    .description("Writes the instances of a service that Consul or etcd lists: all at once, or with --json one a line.")
    .argument("[service]", "which service (default: that of --service-name)")
    .option("-w, --watch", "write them again whenever they change; with --json a line is then the whole list")
    .addHelpText("after", examples)
    .action(async (service: string | undefined, { watch = false }: { watch?: boolean }, command: Command) => {
      const { place, serviceName, json } = readCommonOptions(command);
      if (place.kind === "server") throw new UsageError("im discover asks a registry: give --consul or --etcd");
      const name = service ?? serviceName;
      const output = new Output(io, json);
      const { signal } = io;
      await using discovery = openDiscovery(place, io.env);
      if (!watch) return writeAll(await discovery.discover(name, { signal }), name, output);
      let told: string | undefined;
      const onError = (error: Error) => {
        const text = failureText(error);
        // It is tried again and again.
        if (text !== told) output.note(text);
        told = text;
      };
      for await (const instances of discovery.watch(name, { signal, onError })) {
        told = undefined;
        const time = new Date();
        await output.result({ time, instances }, () => `${time.toISOString()}\n${instancesText(instances, name)}`);
      }
    });
}

async function writeAll(instances: readonly ServiceInstance[], name: string, output: Output): Promise<void> {
  if (output.isJson) for (const instance of instances) await output.result(instance, () => "");
  else await output.result(instances, () => instancesText(instances, name));
}

function instancesText(instances: readonly ServiceInstance[], name: string): string {
  if (instances.length === 0) return `no instance of ${printable(name)}`;
  const rows = instances.map(({ id, address, port, health, tags, metadata }) => {
    const { weight = "1", ...others } = metadata;
    const facts = [...tags, ...Object.entries(others).map(([key, value]) => `${key}=${value}`)];
    return [id, formatAddress(address, port), health, weight, facts.join(" ")].map(printable);
  });
  return table([["ID", "ADDRESS", "HEALTH", "WEIGHT", "TAGS AND METADATA"], ...rows]);
}
