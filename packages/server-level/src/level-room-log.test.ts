import type { ServerStorage } from "@im-sdk/server";
import { testRoomLog } from "@im-sdk/testing";
import { levelStorage } from "./level-storage.ts";
import { temporaryFolder } from "./test-kit/temporary-folder.ts";

testRoomLog({
  name: "levelStorage",
  async create() {
    const folder = await temporaryFolder();
    let storage: ServerStorage = await levelStorage({ path: folder.path });
    return {
      openLog: (roomId, options) => storage.openLog(roomId, options),
      async restart() {
        await storage.close();
        storage = await levelStorage({ path: folder.path });
      },
      async dispose() {
        await storage.close();
        await folder[Symbol.asyncDispose]();
      },
    };
  },
});
