// One server of a cluster: `node cluster-server.ts <NATS> <its port>` prints `listening` and runs until its standard input closes.
import { startImServer } from "@im-sdk/server";
import { natsStorage } from "../nats-storage.ts";

const [nats = "", port = "0"] = process.argv.slice(2);
const server = await startImServer({ port: Number(port), storage: await natsStorage({ servers: nats }) });
console.log(`listening on ${server.port}`);
process.stdin.resume().once("end", () => void server.close());
