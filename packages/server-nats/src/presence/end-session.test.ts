import assert from "node:assert/strict";
import { test } from "node:test";
import { skipWithout, startNats } from "@im-sdk/test-servers";
import { connect } from "@nats-io/transport-node";
import { NatsLink } from "../nats-link.ts";
import { memberOf } from "../test-kit/presence-on.ts";
import { endSession } from "./end-session.ts";
import { PresenceBucket } from "./presence-bucket.ts";
import { encodeEntry } from "./presence-event.ts";
import { entryKey } from "./presence-keys.ts";
import { SessionLease } from "./session-lease.ts";

const real = await skipWithout("nats-server");

test(
  "a session that is silent is ended with all that it wrote, and one that has renewed its lease is not",
  real,
  async () => {
    await using nats = await startNats();
    const link = await NatsLink.open(await connect({ servers: nats.address }));
    const bucket = await PresenceBucket.open(link, { bucket: "b", replicas: 1 });
    const lease = new SessionLease();
    const { revision: missed } = await lease.renew(bucket);
    const { revision } = await lease.renew(bucket);
    const key = entryKey(lease.session, "r", "ann");
    await bucket.put(key, encodeEntry({ roomId: "r", member: memberOf("ann"), maxUsers: 0 }));

    assert.equal(await endSession(bucket, { session: lease.session, revision: missed }), false);
    assert.notEqual(await bucket.revisionOf(key), undefined);
    const renewal = await lease.renew(bucket);
    assert.deepEqual([renewal.isNew, renewal.revision > revision], [false, true]);

    assert.equal(await endSession(bucket, { session: lease.session, revision: renewal.revision }), true);
    assert.equal(await bucket.revisionOf(key), undefined);
    assert.equal((await lease.renew(bucket)).isNew, true);
    await link.close();
  },
);
