import { ConsistentHashBalancer } from "@im-sdk/balancers";
import { Chat } from "./chat.ts";
import type { Cluster } from "./cluster.ts";
import { Participant } from "./participant.ts";
import type { Colour, Stage } from "./stage.ts";

/** What `--cluster` shows, step by step; rejects at the first thing that is not as it should be. */
export async function playCluster(stage: Stage, cluster: Cluster): Promise<Chat["totals"]> {
  stage.step("etcd, NATS and three servers start, each in a process of its own");
  const ids = ["im-1", "im-2", "im-3"];
  await cluster.start(...ids);
  stage.note(`etcd at ${cluster.etcd.address}, NATS at ${cluster.nats.address}`);
  for (const [id, server] of cluster.servers)
    stage.note(`${id} is process ${server.pid} and listens on ${server.address}`);

  stage.step("Three clients find them in etcd, and join one room");
  // Three keys that lead to three servers.
  const join = (userId: string, colour: Colour, hashKey: string) =>
    new Participant(
      userId,
      colour,
      { discovery: cluster.discovery(), balancer: new ConsistentHashBalancer(), hashKey },
      ["lobby"],
    );
  await using alice = join("alice", "cyan", "phone");
  await using bob = join("bob", "yellow", "tablet");
  await using zhang = join("张三", "magenta", "desk");
  const everybody = [alice, bob, zhang];
  for (const participant of everybody) {
    await participant.enter();
    stage.note(`${participant.userId} is served by ${participant.servedBy.at(-1)}`);
  }
  stage.check("each of them by another", new Set(everybody.map(({ servedBy }) => servedBy.at(-1))).size, 3);
  await alice.until(() => alice.told("lobby").includes("user_joined 张三"));
  stage.check("alice was told who came", alice.told("lobby").slice(-2), ["user_joined bob", "user_joined 张三"]);

  const chat = new Chat(stage, everybody);
  const say = (who: Participant, text: string) => chat.say(who, "lobby", { type: "text", content: text }, text);
  const inOneOrder = (what: string) =>
    stage.check(what, [bob.heard("lobby"), zhang.heard("lobby")], [alice.heard("lobby"), alice.heard("lobby")]);

  stage.step("They talk as if there were one server");
  await say(alice, "Hello, everybody!");
  await say(bob, "Hello from another machine, so to speak.");
  await say(zhang, "大家好！");
  await chat.heard("lobby", await Promise.all(burst(everybody, 100)));
  inOneOrder("300 messages at once reach everybody in the same order");

  const victim = alice.servedBy.at(-1) ?? "";
  stage.step(`${victim} is killed, which serves alice, while all of them talk`);
  const during = burst(everybody, 100);
  await cluster.servers.get(victim)?.kill();
  await alice.until(({ client, servedBy }) => client.isConnected && servedBy.at(-1) !== victim);
  stage.note(`alice is served by ${alice.servedBy.at(-1)} now`);
  await chat.heard("lobby", await Promise.all(during));
  await say(alice, "Did I miss anything?");
  inOneOrder("300 more messages reached everybody in the same order");
  const { users } = await bob.client.getRoomInfo("lobby");
  stage.check("all three are in #lobby", users.map(({ userId }) => userId).sort(), ["alice", "bob", "张三"]);

  stage.step("NATS is killed and started again, with its data, while all of them talk");
  const meanwhile = burst(everybody, 100);
  await cluster.nats.kill();
  stage.note("what is said now waits: nothing is acknowledged that is not stored");
  await cluster.nats.start({ keepData: true });
  await chat.heard("lobby", await Promise.all(meanwhile));
  await say(zhang, "一条都没少。");
  inOneOrder("and 300 more");

  stage.step("Who heard what");
  chat.verify();
  stage.check(
    "nobody was told of a gap: it is the same conversation, whichever server goes",
    everybody.flatMap(({ gaps }) => gaps),
    [],
  );
  return chat.totals;
}

function burst(everybody: readonly Participant[], each: number) {
  return everybody.flatMap(({ client, userId }) =>
    Array.from({ length: each }, (_, number) => client.sendTextMessage("lobby", `${number} from ${userId}`)),
  );
}
