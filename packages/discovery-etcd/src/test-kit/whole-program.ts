// Uses everything a discovery has, closes it, and must then end by itself: run by etcd-process.test.ts.
import { createInstance } from "@im-sdk/testing";
import { EtcdDiscovery } from "../etcd-discovery.ts";

const [address = "", password = ""] = process.argv.slice(2);
const auth = { username: "root", password };
const discovery = new EtcdDiscovery({ endpoints: [address, "127.0.0.1:1"], auth });
const registration = await discovery.register(createInstance("a"));
await discovery.register(createInstance("b"));
for await (const _ of discovery.watch("im-service")) break;
const waiting = discovery.watch("im-service")[Symbol.asyncIterator]();
await waiting.next();
void waiting.next();
await registration.close();
await discovery.deregister("nobody");
const left = (await discovery.discover("im-service")).map(({ id }) => id);
const away = new EtcdDiscovery({ endpoints: ["127.0.0.1:1"] });
void away.watch("im-service")[Symbol.asyncIterator]().next();
away.register(createInstance("c")).catch(() => {});
await Promise.all([discovery.close(), away.close()]);
console.log(`listed: ${left.join(" ")}`);
