// Starts a server and says what that says; for a test that kills this process.
import { say } from "../processes/child.ts";
import { Program } from "../processes/program.ts";

say(await Program.start("servers/batched-server.ts").next());
