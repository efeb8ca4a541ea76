import assert from "node:assert/strict";
import { test } from "node:test";
import { RegistryError } from "./registry-error.ts";

test("the message is the problem and what to check, and each can be had alone", () => {
  const away = new RegistryError("unavailable", "etcd at a:1", "is away", { suspects: ["endpoints", "tls"] });
  assert.equal(away.message, "etcd at a:1: is away; check that it runs, and the options `endpoints` and `tls`");
  assert.equal(away.problem, "etcd at a:1: is away");
  assert.deepEqual(away.suspects, ["endpoints", "tls"]);
  const refused = new RegistryError("permission_denied", "Consul at a:1", "did not list them", { suspects: ["token"] });
  assert.equal(refused.message, "Consul at a:1: did not list them; check the option `token`");
});

test("where no option is suspected, the message is the problem", () => {
  const cause = new Error("why");
  const error = new RegistryError("data_loss", "etcd at a:1", "has an entry that is no instance", { cause });
  assert.equal(error.message, error.problem);
  assert.deepEqual([error.suspects, error.cause], [[], cause]);
});
