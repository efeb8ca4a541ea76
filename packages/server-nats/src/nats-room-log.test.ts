import { after } from "node:test";
import type { ServerStorage } from "@im-sdk/server";
import { type RunningServer, skipWithout, startNats } from "@im-sdk/test-servers";
import { testRoomLog } from "@im-sdk/testing";
import { natsStorage } from "./nats-storage.ts";

const real = await skipWithout("nats-server");

if (real.skip === false) {
  let starting: Promise<RunningServer> | undefined;
  let rooms = 0;
  after(async () => (await starting)?.stop());

  testRoomLog({
    name: "natsStorage",
    // Ages and the bounds of ids are JetStream's, which has a clock of its own.
    without: ["clock", "exact bounds"],
    async create() {
      starting ??= startNats();
      const nats = await starting;
      rooms += 1;
      const options = { servers: nats.address, prefix: `suite${rooms}` };
      let storage: ServerStorage = await natsStorage(options);
      return {
        openLog: (roomId, logOptions) => storage.openLog(roomId, logOptions),
        async restart() {
          await storage.close();
          await nats.kill();
          await nats.start({ keepData: true });
          storage = await natsStorage(options);
        },
        dispose: () => storage.close(),
      };
    },
  });
}
