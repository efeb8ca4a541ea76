import type { AudioInfo, AudioStore, AudioWriter, StoredAudio } from "@im-sdk/server";
import type { NatsLink } from "../nats-link.ts";
import { AudioBucket, type ObjectFacts } from "./audio-bucket.ts";
import { type NatsAudioStoreOptions, resolveNatsAudioStoreOptions } from "./nats-audio-store-options.ts";
import { ObjectWriter } from "./object-writer.ts";
import { readObject } from "./read-object.ts";

/** Nothing that a server made up is longer, and a subject has an end. */
const maxIdLength = 256;

/**
 * Keeps recordings in a JetStream object store, so that every server on that NATS has them; any client of NATS can read them.
 * Bytes go on as they come. What a server that died had not finished stays until `maxAgeMs`. Resolves when the object store is
 * there; rejects when NATS does not answer, and throws a RangeError or TypeError for a wrong option.
 */
export async function createNatsAudioStore(link: NatsLink, options: NatsAudioStoreOptions = {}): Promise<AudioStore> {
  return new NatsAudioStore(await AudioBucket.open(link, resolveNatsAudioStoreOptions(options)));
}

class NatsAudioStore implements AudioStore {
  readonly #bucket: AudioBucket;

  constructor(bucket: AudioBucket) {
    this.#bucket = bucket;
  }

  async create(info: AudioInfo): Promise<AudioWriter> {
    // NATS may have been made anew since.
    await this.#bucket.create();
    return new ObjectWriter(this.#bucket, info);
  }

  async open(audioId: string): Promise<StoredAudio | undefined> {
    if (audioId === "" || audioId.length > maxIdLength) return undefined;
    const facts = await this.#bucket.facts(audioId);
    if (facts === undefined) return undefined;
    return { info: toInfo(facts), size: facts.size, read: () => readObject(this.#bucket, facts) };
  }
}

function toInfo({ name, metadata = {} }: ObjectFacts): AudioInfo {
  const { userId = "", roomId = "", format = "", durationSeconds = "0" } = metadata;
  return { audioId: name, userId, roomId, format, durationSeconds: Number(durationSeconds) };
}
