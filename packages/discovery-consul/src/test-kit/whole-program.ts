// Uses everything a discovery has, closes it, and must then end by itself: run by consul-discovery-process.test.ts.
import { createInstance } from "@im-sdk/testing";
import { ConsulDiscovery } from "../consul-discovery.ts";

const address = process.argv[2] ?? "";
const discovery = new ConsulDiscovery({ address, check: { kind: "ttl" } });
await discovery.discover("program");
await discovery.register(createInstance("closed", { name: "program" })).then((registration) => registration.close());
await discovery.register(createInstance("left", { name: "program" }));
await discovery.deregister("unheard-of");
for await (const _ of discovery.watch("program")) break;
void discovery.watch("program").next();
const abort = new AbortController();
void discovery.watch("program", { signal: abort.signal }).next();
abort.abort();
await discovery.close();

// Idle connections of one that nobody closed do not hold the process either.
await new ConsulDiscovery({ address }).discover("program");
const left = process.getActiveResourcesInfo().filter((name) => !["PipeWrap", "TTYWrap"].includes(name));
console.log(`left: ${left.join(" ")}`);
