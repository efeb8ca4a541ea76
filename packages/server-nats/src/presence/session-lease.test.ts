import assert from "node:assert/strict";
import { test } from "node:test";
import { skipWithout, startNats } from "@im-sdk/test-servers";
import { connect } from "@nats-io/transport-node";
import { NatsLink } from "../nats-link.ts";
import { PresenceBucket } from "./presence-bucket.ts";
import { leaseKey } from "./presence-keys.ts";
import { SessionLease } from "./session-lease.ts";

const real = await skipWithout("nats-server");

test("a session goes on while its key is there, and another begins when it is not", real, async () => {
  await using nats = await startNats();
  const connection = await connect({ servers: nats.address });
  const bucket = await PresenceBucket.open(await NatsLink.open(connection), { bucket: "b", replicas: 1 });
  const lease = new SessionLease();
  assert.equal((await lease.renew(bucket)).isNew, true);
  const first = lease.session;
  const { revision, isNew } = await lease.renew(bucket);
  assert.deepEqual([isNew, lease.session], [false, first]);

  // As a renewal of which the answer was lost.
  await bucket.put(leaseKey(first), "");
  assert.deepEqual(await lease.renew(bucket), { revision: revision + 2, isNew: false });

  // As others do with a server that is silent.
  await bucket.delete(leaseKey(first), revision + 2);
  assert.equal((await lease.renew(bucket)).isNew, true);
  assert.notEqual(lease.session, first);
  assert.deepEqual([lease.isOwn(first), lease.isOwn(lease.session), lease.isOwn("x")], [true, true, false]);

  await lease.end(bucket);
  assert.equal(await bucket.revisionOf(leaseKey(lease.session)), undefined);
  await connection.close();
});
