import { startImServer } from "@im-sdk/server";
import { levelStorage } from "../level-storage.ts";

// A process of its own, so that a test can kill it: a server on the folder that it is given.
const [, , path = ""] = process.argv;
const server = await startImServer({ storage: await levelStorage({ path }) });
console.log(server.url);
