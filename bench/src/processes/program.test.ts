import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import type { BatchedServerPorts } from "../servers/batched-server.ts";
import { takeTurn } from "../turns/take-turn.ts";
import { Program } from "./program.ts";

const closedPort = 1;

test("a turn that fails rejects with its error", async () => {
  const given = { peer: "node-http2", port: closedPort, warmUpBytes: 0, bytes: 0 };
  await assert.rejects(takeTurn("uploads.ts", given), /turns\/uploads\.ts failed: .*ECONNREFUSED/s);
});

test("a program that cannot be run, and one that was killed, reject whoever asks", async () => {
  await using missing = Program.start("turns/no-such-file.ts");
  await assert.rejects(missing.next(), /turns\/no-such-file\.ts ended with 1/);
  await using killed = Program.start("servers/batched-server.ts");
  await killed.next();
  await killed.kill();
  await assert.rejects(killed.ask("tally"), /ended with SIGKILL/);
});

test("a program ends with whoever started it, also when that is killed", async () => {
  await using parent = Program.start("test-kit/starts-a-server.ts");
  const { plain } = await parent.next<BatchedServerPorts>();
  const socket = connect(plain, "127.0.0.1");
  await once(socket, "connect");
  // By an end or by a reset, as the system pleases.
  socket.on("error", () => {});
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.resume();
  await parent.kill();
  await closed;
});
