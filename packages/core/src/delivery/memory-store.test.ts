import assert from "node:assert/strict";
import { test } from "node:test";
import { testClientStore } from "@im-sdk/testing";
import { MemoryStore } from "./memory-store.ts";

const stores = new Map<string, MemoryStore>();
testClientStore({
  name: "MemoryStore",
  open: (place) => {
    const store = stores.get(place) ?? new MemoryStore();
    stores.set(place, store);
    return store;
  },
});

test("its errors say what to do", async () => {
  const store = new MemoryStore();
  await assert.rejects(store.write([]), {
    name: "StoreError",
    code: "closed",
    message: "this MemoryStore is not open: call load() before write()",
  });
  await store.load();
  await assert.rejects(store.load(), {
    name: "StoreError",
    code: "locked",
    message: "this MemoryStore is open: close the client that has it, or give each its own",
  });
});
