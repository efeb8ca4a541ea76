import assert from "node:assert/strict";
import { test } from "node:test";
import { storageOn } from "../test-kit/storage-on.ts";
import { openStorage } from "./open-storage.ts";

const storage = storageOn(() => {
  throw new Error("not used");
});

test("without a folder there is no storage, and with one that of the package in it", async () => {
  const paths: string[] = [];
  const levelStorage = async ({ path }: { path: string }) => {
    paths.push(path);
    return storage;
  };
  const importLevel = async () => ({ levelStorage });
  assert.equal(await openStorage(undefined, importLevel), undefined);
  assert.equal(await openStorage("data", importLevel), storage);
  assert.deepEqual(paths, ["data"]);
});

test("a package that is not installed, and a folder that cannot be opened, are named", async () => {
  const missing = () => Promise.reject(Object.assign(new Error("no"), { code: "ERR_MODULE_NOT_FOUND" }));
  await assert.rejects(openStorage("data", missing), /^Error: --data-dir needs .*: npm install @im-sdk\/server-level$/);
  const levelStorage = () => Promise.reject(new Error('"data" is open already'));
  await assert.rejects(
    openStorage("data", async () => ({ levelStorage })),
    /^Error: --data-dir: "data" is open already$/,
  );
});
