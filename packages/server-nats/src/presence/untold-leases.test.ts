import assert from "node:assert/strict";
import { test } from "node:test";
import type { PresenceEvent } from "./presence-event.ts";
import { untoldLeases } from "./untold-leases.ts";

const event = (type: "renewed" | "ended" | "left", session: string): PresenceEvent => ({
  type,
  key: session,
  session,
  revision: 1,
});

test("a session whose lease has not been told is looked up once, and is there if its lease is", async () => {
  const told = [event("left", "lives"), event("left", "dead"), event("left", "lives"), event("left", "told")];
  told.push(event("renewed", "told"), event("left", "ended"), event("ended", "ended"));
  const asked: string[] = [];
  const leases = await untoldLeases(told, async (key) => {
    asked.push(key);
    if (asked.length === 1) told.push(event("left", "came meanwhile"));
    return key === "lease.dead" ? undefined : 7;
  });
  assert.deepEqual(asked, ["lease.lives", "lease.dead", "lease.came meanwhile"]);
  assert.deepEqual(leases, [
    { type: "renewed", key: "lease.lives", session: "lives", revision: 7 },
    { type: "renewed", key: "lease.came meanwhile", session: "came meanwhile", revision: 7 },
  ]);
});
