import type { ServerProcess } from "@im-sdk/test-servers";
import { Chat, transcriptOf } from "./chat.ts";
import { Participant } from "./participant.ts";
import { uploadRecording } from "./recording.ts";
import type { Stage } from "./stage.ts";

/** What the demo shows, step by step; rejects at the first thing that is not as it should be. */
export async function play(stage: Stage, server: ServerProcess): Promise<Chat["totals"]> {
  stage.step("A server starts, in a process of its own");
  await server.start();
  stage.note(`process ${server.pid} listens on ${server.address}`);

  stage.step("Three clients connect and join their rooms");
  const services = [server.address];
  await using alice = new Participant("alice", "cyan", { services }, ["lobby"]);
  await using bob = new Participant("bob", "yellow", { services }, ["lobby", "kitchen"]);
  await using zhang = new Participant("张三", "magenta", { services }, ["lobby", "kitchen"]);
  const everybody = [alice, bob, zhang];
  for (const participant of everybody) {
    await participant.enter();
    stage.note(`${participant.userId} is in ${participant.rooms.map((roomId) => `#${roomId}`).join(" and ")}`);
  }
  await alice.until(() => alice.told("lobby").includes("user_joined 张三"));
  await bob.until(() => bob.told("kitchen").includes("user_joined 张三"));
  stage.check("alice was told who came", alice.told("lobby").slice(-2), ["user_joined bob", "user_joined 张三"]);
  stage.check("bob was told who came to #kitchen", bob.told("kitchen").slice(-1), ["user_joined 张三"]);

  const chat = new Chat(stage, everybody);
  const say = (who: Participant, roomId: string, text: string) =>
    chat.say(who, roomId, { type: "text", content: text }, text);

  stage.step("They talk, in two rooms");
  await say(alice, "lobby", "Hello, everybody!");
  await say(zhang, "lobby", "大家好！");
  await say(bob, "kitchen", "Is there any tea left?");
  await say(zhang, "kitchen", "有，绿茶 🍵");

  stage.step("Formatted text, and a recording with its transcript");
  const menu = { contentType: "markdown", rawContent: "**Today:** dumplings" };
  await chat.say(bob, "lobby", { type: "rich_text", content: menu }, `[${menu.contentType}] ${menu.rawContent}`);
  const recording = await uploadRecording(alice.client, "lobby");
  stage.note(`uploaded as ${recording.audioId}`);
  const transcription = await transcriptOf(alice.client, recording.audioId);
  stage.check("the server got all of it", transcription.includes(`${recording.size} bytes`), true);
  const audio = { ...recording, transcription };
  await chat.say(alice, "lobby", { type: "audio", content: audio }, `[audio] “${transcription}”`);
  const types = zhang.messages.slice(-2).map(({ type }) => type);
  stage.check("张三 got them as what they are", types, ["rich_text", "audio"]);

  stage.step("All of them talk at once");
  const burst = everybody.flatMap(({ client, userId }) =>
    Array.from({ length: 100 }, (_, number) => client.sendTextMessage("lobby", `${number} from ${userId}`)),
  );
  await chat.heard("lobby", await Promise.all(burst));
  stage.check(
    "300 messages reach everybody in the same order",
    [bob.heard("lobby"), zhang.heard("lobby")],
    [alice.heard("lobby"), alice.heard("lobby")],
  );

  stage.step("The server is killed");
  await server.kill();
  await Promise.all(everybody.map((participant) => participant.until(({ attempts }) => attempts > 1)));
  const states = everybody.map(({ client }) => client.state);
  stage.check("all clients noticed, and tried in vain to come back", states, Array(3).fill("reconnecting"));
  const { attempts } = alice;
  const late = alice.client.sendTextMessage("lobby", "Anybody there?");
  const oneMoreTry = alice.until(() => alice.attempts > attempts).then(() => "waits");
  stage.check("what alice says meanwhile waits in her outbox", await Promise.race([late, oneMoreTry]), "waits");

  stage.step("It starts again, on the same port");
  await server.start();
  stage.note(`process ${server.pid} listens on ${server.address}`);
  await chat.heard("lobby", [await late]);
  stage.line("alice", alice.colour, "lobby", "Anybody there?  → alice, bob, 张三");
  await say(bob, "lobby", "We are all back.");
  await say(zhang, "kitchen", "茶还是热的。");
  const { users } = await alice.client.getRoomInfo("lobby");
  stage.check("all three are in #lobby again", users.map(({ userId }) => userId).sort(), ["alice", "bob", "张三"]);
  // The server kept its rooms in memory, which went with it: that is never passed over in silence.
  for (const { userId, gaps, rooms } of everybody) {
    stage.check(`${userId} was told of the lost history`, gaps.map(({ roomId }) => roomId).sort(), rooms.toSorted());
  }

  stage.step("Who heard what");
  chat.verify();
  await alice.client.disconnect();
  await bob.until(() => bob.told("lobby").at(-1) === "user_left alice");
  stage.check("bob was told that alice left", bob.told("lobby").at(-1), "user_left alice");
  return chat.totals;
}
