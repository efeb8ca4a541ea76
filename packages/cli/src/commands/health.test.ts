import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { MemoryRoomLog, type ServerStorage, startImServer } from "@im-sdk/server";
import { createCertificates } from "@im-sdk/test-servers";
import { startFaultProxy } from "@im-sdk/testing";
import { runCommand } from "../test-kit/running-command.ts";
import { startTestRoom } from "../test-kit/test-room.ts";

test("every server is asked; one that is not there makes it 3", async () => {
  await using room = await startTestRoom();
  const well = await runCommand(["health"], room);
  assert.deepEqual([well.code, well.stderr], [0, ""]);
  assert.match(well.stdout, /^127\.0\.0\.1:\d+ {2}serving/);
  const servers = ["--server", room.env.IM_SERVER, "--server", "127.0.0.1:1"];
  const { code, stdout } = await runCommand(["health", "--json", ...servers]);
  assert.equal(code, 3);
  const [first, second] = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual([first.address, first.status], [room.env.IM_SERVER, "serving"]);
  assert.equal(second.status, "unreachable");
  assert.match(second.message, /ECONNREFUSED/);
});

test("a server that takes connections and says nothing is unreachable once the time is up", async () => {
  await using room = await startTestRoom();
  await using proxy = await startFaultProxy(room.env.IM_SERVER);
  proxy.stall("down");
  const { code, stdout } = await runCommand(["health", "-s", proxy.address, "--timeout", "300ms"]);
  assert.deepEqual([code, stdout], [3, `${proxy.address}  unreachable  no answer within 300 ms\n`]);
});

test("a server that answers that it does not serve is told with 1, also beside one that serves", async () => {
  await using room = await startTestRoom();
  await using server = await startImServer({ storage: storageThatIsAway });
  const servers = ["--server", room.env.IM_SERVER, "--server", `127.0.0.1:${server.port}`];
  const { code, stdout, stderr } = await runCommand(["health", ...servers]);
  assert.deepEqual([code, stderr], [1, ""]);
  assert.match(stdout, /^\S+ {2}serving .*\n\S+ {2}not serving {2}the storage is away\n$/);
});

const storageThatIsAway: ServerStorage = {
  openLog: (_roomId, options) => new MemoryRoomLog(options),
  watchAvailability(listener) {
    listener(false);
    return () => {};
  },
  async close() {},
};

test("the token goes along, for who asks for one before the server does", async (t) => {
  const asked: (string | undefined)[] = [];
  const gateway = createServer().on("stream", (stream, { authorization }) => {
    asked.push(authorization);
    stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": "16" }, { endStream: true });
  });
  t.after(() => gateway.close());
  await once(gateway.listen(0, "127.0.0.1"), "listening");
  const address = `127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  await runCommand(["health", "--server", address, "--token", "the-secret"]);
  await runCommand(["health", "--server", address]);
  assert.deepEqual(asked, ["Bearer the-secret", undefined]);
});

test("a limit longer than any timer is none", async () => {
  await using room = await startTestRoom();
  const { code, stderr } = await runCommand(["health", "--timeout", "60d"], room);
  assert.deepEqual([code, stderr], [0, ""]);
});

test("TLS with an authority of one's own, by flag or environment; without it the reason is told", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "im-tls-"));
  t.after(() => rm(folder, { recursive: true }));
  const { ca, server: tls } = await createCertificates();
  const caFile = join(folder, "ca.pem");
  await writeFile(caFile, ca);
  await using server = await startImServer({ tls });
  const address = `127.0.0.1:${server.port}`;
  assert.equal((await runCommand(["health", "-s", address, "--ca", caFile])).code, 0);
  assert.equal((await runCommand(["send", "lobby", "hi"], { env: { IM_SERVER: address, IM_CA: caFile } })).code, 0);
  const strange = await runCommand(["health", "-s", address, "--tls"]);
  assert.equal(strange.code, 3);
  assert.match(strange.stdout, /certificate/);
  const missing = await runCommand(["health", "-s", address, "--ca", "/none.pem"]);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /^im: --ca \/none.pem cannot be read: .*\n$/);
});
