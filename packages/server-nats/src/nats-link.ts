import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { createInbox, type Msg, type NatsConnection, nuid } from "@nats-io/transport-node";
import pLimit, { type LimitFunction } from "p-limit";

/** Who wants to know what becomes of a stream. */
export interface StreamWatcher {
  /** Name of the stream. */
  readonly stream: string;
  /** Messages and answers may have been lost: the connection is gone, or there again, or the stream was deleted. */
  onDisturbed(): void;
}

/** JetStream tells there which streams are deleted. */
const deletions = "$JS.EVENT.ADVISORY.STREAM.DELETED.";

/** How long a cluster may take to answer, in ms; nobody answers for a stream while its servers elect a leader. */
const clusterTimeoutMs = 2_000;

const consumersAtATime = 64;

/** One connection to NATS, and what all rooms of a storage do over it. */
export class NatsLink {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  /** NATS is more than one server. */
  readonly isClustered: boolean;
  /** Begins the names by which this storage knows again what it has published. */
  readonly name: string = nuid.next();
  /** Has consumers made, so many at a time: of thousands at once none would be there in time. */
  readonly inTurn: LimitFunction = pLimit(consumersAtATime);
  readonly #inbox: string = createInbox();
  readonly #answers = new Map<string, (answer: Msg, epoch: string) => void>();
  readonly #watchers = new Set<StreamWatcher>();
  readonly #serverWatchers = new Set<() => void>();
  readonly #calls = new Set<(reason: Error) => void>();
  #servers: ReadonlySet<string> = new Set();
  #isUp = true;
  #up = Promise.withResolvers<void>();

  /** Rejects when JetStream does not answer. */
  static async open(connection: NatsConnection): Promise<NatsLink> {
    const options = connection.info?.cluster === undefined ? {} : { timeout: clusterTimeoutMs };
    return new NatsLink(connection, await jetstreamManager(connection, options));
  }

  private constructor(connection: NatsConnection, manager: JetStreamManager) {
    this.connection = connection;
    this.manager = manager;
    this.isClustered = connection.info?.cluster !== undefined;
    this.#up.resolve();
    this.#lookAtServers();
    connection.subscribe(`${this.#inbox}.*.*`, {
      callback: (error, answer) => {
        if (error !== null) return;
        const [token = "", epoch = ""] = answer.subject.slice(this.#inbox.length + 1).split(".");
        this.#answers.get(token)?.(answer, epoch);
      },
    });
    connection.subscribe(`${deletions}*`, {
      callback: (error, { subject }) => {
        // Who may not hear of that notices later.
        if (error === null) this.#disturb(subject.slice(deletions.length));
      },
    });
    void this.#followStatus();
  }

  /** What is published now reaches NATS, unless the connection breaks. */
  get isUp(): boolean {
    // Until the client has said that the connection is gone, its greeting is.
    return this.#isUp && this.connection.info !== undefined;
  }

  /** Resolves while the link is up, or once it is, or is closed. */
  whenUp(): Promise<void> {
    return this.#up.promise;
  }

  /** A call of JetStream's API that does not wait for its answer when the connection breaks. */
  async call<T>(answer: Promise<T>): Promise<T> {
    // One for each call: a promise that outlives the calls that race with it keeps all their answers.
    const broken = Promise.withResolvers<never>();
    this.#calls.add(broken.reject);
    if (!this.#isUp) broken.reject(connectionGone());
    try {
      return await Promise.race([answer, broken.promise]);
    } finally {
      this.#calls.delete(broken.reject);
    }
  }

  /** The subject to which an incarnation is to send its answer for `token`. */
  replySubject(token: string, epoch: string): string {
    return `${this.#inbox}.${token}.${epoch}`;
  }

  expectAnswers(token: string, listener: (answer: Msg, epoch: string) => void): void {
    this.#answers.set(token, listener);
  }

  forgetAnswers(token: string): void {
    this.#answers.delete(token);
  }

  watch(watcher: StreamWatcher): void {
    this.#watchers.add(watcher);
  }

  unwatch(watcher: StreamWatcher): void {
    this.#watchers.delete(watcher);
  }

  /** Calls back when a server of the cluster is gone, whichever that is. Returns what ends it. */
  watchServers(onGone: () => void): () => void {
    this.#serverWatchers.add(onGone);
    return () => this.#serverWatchers.delete(onGone);
  }

  async close(): Promise<void> {
    await this.connection.close();
    this.#up.resolve();
  }

  async #followStatus(): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type === "disconnect") this.#setDown();
      else if (type === "reconnect") this.#setUp();
      else if (type === "update") this.#lookAtServers();
    }
    this.#setDown();
    this.#up.resolve();
  }

  #setDown(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#up = Promise.withResolvers();
    for (const giveUp of this.#calls) giveUp(connectionGone());
    this.#disturb();
  }

  #setUp(): void {
    this.#isUp = true;
    this.#up.resolve();
    this.#disturb();
  }

  /** NATS tells its clients where else they can connect to, whenever that changes. */
  #lookAtServers(): void {
    const servers = new Set(this.connection.info?.connect_urls);
    const isOneGone = [...this.#servers].some((server) => !servers.has(server));
    this.#servers = servers;
    if (isOneGone) for (const onGone of [...this.#serverWatchers]) onGone();
  }

  /** Without a name all streams are meant. */
  #disturb(stream?: string): void {
    for (const watcher of [...this.#watchers]) {
      if (stream === undefined || watcher.stream === stream) watcher.onDisturbed();
    }
  }
}

function connectionGone(): Error {
  return new Error("the connection to NATS is gone");
}
