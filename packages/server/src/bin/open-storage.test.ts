import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { storageOn } from "../test-kit/storage-on.ts";
import { openStorage } from "./open-storage.ts";

const storage = storageOn(() => {
  throw new Error("not used");
});

/** Packages that tell what they were asked for. */
function packagesTelling(asked: unknown[]) {
  const open = async (options: unknown) => {
    asked.push(options);
    return storage;
  };
  return { level: async () => ({ levelStorage: open }), nats: async () => ({ natsStorage: open }) };
}

test("without a flag there is no storage, with a folder or a NATS that of the package for it", async () => {
  const asked: unknown[] = [];
  const packages = packagesTelling(asked);
  assert.equal(await openStorage({}, {}, packages), undefined);
  assert.equal(await openStorage({ dataDir: "data" }, {}, packages), storage);
  assert.equal(await openStorage({ nats: "a:4222,b:4222" }, {}, packages), storage);
  assert.equal(await openStorage({ nats: "a:4222", natsReplicas: 3 }, {}, packages), storage);
  assert.deepEqual(asked, [{ path: "data" }, { servers: ["a:4222", "b:4222"] }, { servers: ["a:4222"], replicas: 3 }]);
});

test("secrets and certificates of NATS come from the environment of its own command", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "nats-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = (name: string) => {
    writeFileSync(join(folder, name), `the ${name}`);
    return join(folder, name);
  };
  const asked: unknown[] = [];
  const packages = packagesTelling(asked);
  const secrets = { NATS_USER: "ann", NATS_PASSWORD: "secret", NATS_CREDS: "" };
  const certificates = { NATS_CA: file("ca"), NATS_CERT: file("cert"), NATS_KEY: file("key") };
  await openStorage({ nats: "a:4222" }, { ...secrets, ...certificates }, packages);
  await openStorage({ nats: "a:4222" }, { NATS_CREDS: "ann.creds" }, packages);
  assert.deepEqual(asked, [
    {
      servers: ["a:4222"],
      user: "ann",
      password: "secret",
      tls: { ca: "the ca", cert: "the cert", key: "the key" },
    },
    { servers: ["a:4222"], credentialsFile: "ann.creds" },
  ]);
  await assert.rejects(openStorage({ nats: "a:4222" }, { NATS_CA: "nowhere.pem" }, packages), /NATS_CA nowhere\.pem/);
});

test("a package that is not installed, and a storage that cannot be opened, are named", async () => {
  const missing = () => Promise.reject(Object.assign(new Error("no"), { code: "ERR_MODULE_NOT_FOUND" }));
  const none = { level: missing, nats: missing };
  await assert.rejects(
    openStorage({ dataDir: "data" }, {}, none),
    /^Error: --data-dir needs .*: npm install @im-sdk\/server-level$/,
  );
  await assert.rejects(
    openStorage({ nats: "a:4222" }, {}, none),
    /^Error: --nats needs .*: npm install @im-sdk\/server-nats$/,
  );
  const fail = () => Promise.reject(new Error("it is open already"));
  const failing = { level: async () => ({ levelStorage: fail }), nats: async () => ({ natsStorage: fail }) };
  await assert.rejects(openStorage({ dataDir: "data" }, {}, failing), /^Error: --data-dir: it is open already$/);
  await assert.rejects(openStorage({ nats: "a:4222" }, {}, failing), /^Error: --nats: it is open already$/);
});
