// npm run bench [-- NAME …]: the benchmarks named, or all of them. See ../README.md.
import { benchBalancers } from "./balancers.ts";
import { benchDiscovery } from "./discovery.ts";
import { benchStream } from "./stream.ts";

const benches: Readonly<Record<string, () => Promise<void>>> = {
  stream: benchStream,
  balancers: benchBalancers,
  discovery: benchDiscovery,
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`there is no benchmark "${unknown.join('", "')}": want some of ${Object.keys(benches).join(", ")}`);
  process.exitCode = 2;
} else {
  for (const [name, run] of Object.entries(benches)) {
    if (names.length === 0 || names.includes(name)) await run();
  }
}
