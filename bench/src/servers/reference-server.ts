// The reference server in a process of its own: given its options, says its port.
import { type ImServerOptions, startImServer } from "@im-sdk/server";
import { parameters, say } from "../processes/child.ts";

const { port } = await startImServer(parameters<ImServerOptions | null>() ?? {});
say({ port });
