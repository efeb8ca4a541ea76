import { testRoomLog } from "@im-sdk/testing";
import { LaterRoomLog } from "../test-kit/later-room-log.ts";
import { MemoryRoomLog } from "./memory-room-log.ts";

testRoomLog({
  name: "MemoryRoomLog",
  without: ["restarts"],
  create: () => ({ openLog: (_roomId, options) => new MemoryRoomLog(options) }),
});

testRoomLog({
  name: "LaterRoomLog",
  without: ["restarts"],
  create: () => ({ openLog: (_roomId, options) => new LaterRoomLog(new MemoryRoomLog(options)) }),
});
