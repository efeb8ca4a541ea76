import type { TestContext } from "node:test";
import { startNats } from "@im-sdk/test-servers";
import { connect } from "@nats-io/transport-node";
import { NatsLink } from "../nats-link.ts";

/** A link to a NATS of its own; both end with the test. */
export async function linkedNats(t: TestContext): Promise<NatsLink> {
  const nats = await startNats();
  const link = await NatsLink.open(await connect({ servers: nats.address }));
  t.after(async () => {
    await link.close();
    await nats.stop();
  });
  return link;
}
