import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createCertificates, skipWithout, startNats } from "@im-sdk/test-servers";
import { nkeys } from "@nats-io/transport-node";
import { natsStorage } from "./nats-storage.ts";
import type { NatsStorageOptions } from "./nats-storage-options.ts";
import { natsRooms } from "./test-kit/nats-rooms.ts";
import { idsOf, logOptions, messageOf } from "./test-kit/room.ts";

const real = await skipWithout("nats-server");

/** Uses a storage once. */
async function tryOut(options: NatsStorageOptions): Promise<void> {
  const storage = await natsStorage(options);
  try {
    const log = storage.openLog("r", logOptions());
    await log.append(messageOf("a"), undefined);
    assert.ok((await idsOf(log)).length > 0);
  } finally {
    await storage.close();
  }
}

test("a wrong option is refused with its name, its value unless it is secret, and what is allowed", async () => {
  const wrong: [object, RegExp][] = [
    [{ servers: [] }, /servers is empty: want one host:port or more/],
    [{ servers: "nats://localhost:4222" }, /servers is "nats:.*": want one host:port or more/],
    [{ prefix: "a.b" }, /prefix is "a\.b": want 1 to 64 letters/],
    [{ replicas: 2 }, /replicas is 2: want 1, 3 or 5/],
    [{ user: "im" }, /user is "im", password is not given: want both/],
    [{ password: "the-secret" }, /user is undefined, password is given: want both/],
    [{ user: "im", password: "the-secret", credentialsFile: "f" }, /credentialsFile and user are both given/],
    [{ credentialsFile: "" }, /credentialsFile is "": want the path/],
    [{ tls: "yes" }, /tls is "yes": want true, false or an object/],
    [{ tls: { cert: "c" } }, /tls\.cert is given, tls\.key is not given/],
    [{ tls: { pfx: "c" } }, /tls\.pfx: there is no such option/],
    [{ appendTimeoutMs: 0 }, /appendTimeoutMs is 0: want a whole number of at least 1/],
    [{ maxWaitingMessages: 1.5 }, /maxWaitingMessages is 1\.5/],
    [{ maxWaitingBytes: "1" }, /maxWaitingBytes is "1"/],
    [{ server: "x" }, /server is "x", but there is no such option: want one of servers, prefix/],
  ];
  for (const [options, message] of wrong) {
    await assert.rejects(natsStorage(options), (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /the-secret/);
      return error instanceof TypeError;
    });
  }
});

test("a NATS that is not there, or a credentials file, is refused by name", async () => {
  await assert.rejects(natsStorage({ servers: "127.0.0.1:1" }), /NATS at 127\.0\.0\.1:1 cannot be used: /);
  await assert.rejects(natsStorage({ credentialsFile: "/none" }), /credentialsFile "\/none" cannot be read: ENOENT/);
});

test("it logs in by name and password, or by the seed in a credentials file", real, async (t) => {
  const user = { name: "im", password: "secret" };
  await using nats = await startNats({ user });
  await tryOut({ servers: nats.address, user: user.name, password: user.password });
  await assert.rejects(tryOut({ servers: nats.address, user: "im", password: "wrong" }), /cannot be used: .*[Aa]uth/);

  const key = nkeys.createUser();
  await using strict = await startNats({ nkey: key.getPublicKey() });
  const seed = new TextDecoder().decode(key.getSeed());
  const block = (name: string, text: string) => `-----BEGIN ${name}-----\n${text}\n------END ${name}------\n`;
  const file = join(await temporaryFolder(t), "im.creds");
  await writeFile(file, block("NATS USER JWT", "token") + block("USER NKEY SEED", seed));
  await tryOut({ servers: strict.address, credentialsFile: file });
  await assert.rejects(tryOut({ servers: strict.address }), /cannot be used: .*[Aa]uth/);
});

test("it speaks TLS, trusts the authority that it is given, and shows a certificate", real, async (t) => {
  const folder = await temporaryFolder(t);
  const { ca, server, client } = await createCertificates();
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const certFile = await file("cert.pem", server.cert);
  const tls = { certFile, keyFile: await file("key.pem", server.key), clientCaFile: await file("ca.pem", ca) };
  await using nats = await startNats({ tls });
  await tryOut({ servers: nats.address, tls: { ca, cert: client.cert, key: client.key } });
  await assert.rejects(tryOut({ servers: nats.address, tls: { ca } }));
  await assert.rejects(tryOut({ servers: nats.address, tls: true }));

  await using plain = await startNats();
  await assert.rejects(tryOut({ servers: plain.address, tls: true }), /cannot be used: server does not support 'tls'/);
});

test("a message that NATS does not take for its size is refused for good, and says so", real, async (t) => {
  const { logs } = await natsRooms(t, 1);
  const append = Promise.resolve(logs[0]?.append(messageOf("x".repeat(2 * 1024 * 1024)), "x"));
  await assert.rejects(append, /resource_exhausted.*NATS takes 1048576: see max_payload/);
});

test("what is under way when a storage closes is stored, and nothing goes in any more", real, async (t) => {
  const { rooms, logs } = await natsRooms(t, 2);
  const [log = assert.fail(), other = assert.fail()] = logs;
  const storage = rooms[0]?.storage ?? assert.fail();
  const ids = Array.from({ length: 100 }, (_, index) => String(index));
  const appends = ids.map((id) => log.append(messageOf(id), id));
  await Promise.all([storage.close(), storage.close()]);
  await Promise.all(appends);
  assert.deepEqual(await idsOf(other), ids);
  await assert.rejects(Promise.resolve(log.append(messageOf("b"), "b")), /the log of room "r" is closed/);
  await assert.rejects(Promise.resolve(log.head()), /the log of room "r" is closed/);
  assert.throws(() => storage.openLog("r", logOptions()), /the storage in NATS at .* is closed/);
});

test("a process whose storage is closed ends by itself, also when NATS is away", real, async () => {
  const fixture = fileURLToPath(new URL("./test-kit/exits-after-close.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [fixture], { timeout: 30_000 });
  assert.equal(stdout, "closed\nclosed without NATS\n");
});

async function temporaryFolder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "im-sdk-test-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}
