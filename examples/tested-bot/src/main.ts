//   npx im-server                              in one terminal
//   node examples/tested-bot/src/main.ts       in another
//
// IM_SERVER is the server's address, default localhost:8083; IM_ROOM the room, default room456.
import { TodoBot } from "./todo-bot.ts";

const bot = new TodoBot({
  services: [process.env.IM_SERVER ?? "localhost:8083"],
  defaultRoomId: process.env.IM_ROOM ?? "room456",
});
await bot.start();
console.log("listening");
process.once("SIGINT", () => void bot[Symbol.asyncDispose]());
