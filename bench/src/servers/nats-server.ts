// The reference server on a NATS, in a process of its own: given the NATS and a prefix of its streams, says its port.
import { startImServer } from "@im-sdk/server";
import { natsStorage } from "@im-sdk/server-nats";
import { parameters, say } from "../processes/child.ts";

const storage = await natsStorage(parameters<{ servers: string; prefix: string }>());
const { port } = await startImServer({ storage });
say({ port });
