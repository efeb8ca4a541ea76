import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Transcription, TranscriptionSchema, TranscriptStatus } from "@im-sdk/gen";
import type { Logger } from "../logger.ts";
import type { StoredAudio } from "./audio-store.ts";

/** A recording to be transcribed. */
export interface TranscribeRequest {
  readonly audioId: string;
  /** Container or codec, as the uploader named it. */
  readonly format: string;
  readonly durationSeconds: number;
  /** The bytes from the start; may be called more than once. */
  open(): AsyncIterable<Uint8Array>;
  /** Aborts when the server closes. */
  readonly signal: AbortSignal;
}

/** Turns a recording into text, with a confidence from 0 to 1. A rejection makes the transcript FAILED, for good. */
export type Transcribe = (request: TranscribeRequest) => Promise<{ text: string; confidence: number }>;

/** What {@link Transcripts} is made of. */
export interface TranscriptsOptions {
  readonly transcribe: Transcribe;
  readonly logger: Logger;
  readonly now: () => number;
  /** Recordings that are worked on at a time. Default 2. */
  readonly maxConcurrent?: number;
  /** Transcripts that are remembered; the oldest that is done leaves first. Default 10,000. */
  readonly maxTranscripts?: number;
}

/** The transcripts of recordings: each is made once, a few at a time, in the order in which they were asked for. */
export class Transcripts {
  readonly #options: TranscriptsOptions;
  readonly #byAudioId = new Map<string, Transcription>();
  readonly #pending: StoredAudio[] = [];
  readonly #abort = new AbortController();
  #running = 0;

  constructor(options: TranscriptsOptions) {
    this.#options = options;
  }

  /** The transcript as it stands; asks for it when nobody has. Throws RESOURCE_EXHAUSTED when too many wait. */
  request(audio: StoredAudio): Transcription {
    const { audioId } = audio.info;
    const known = this.#byAudioId.get(audioId);
    if (known !== undefined) return known;
    if (this.#pending.length >= this.#maxTranscripts) {
      throw new ConnectError("too many recordings wait for their transcript", Code.ResourceExhausted);
    }
    this.#forgetOldest();
    const createdAt = timestampFromMs(this.#options.now());
    const transcription = create(TranscriptionSchema, {
      audioId,
      status: TranscriptStatus.PENDING,
      createdAt,
      updatedAt: createdAt,
    });
    this.#byAudioId.set(audioId, transcription);
    this.#pending.push(audio);
    // Not at once, so that the first answer is PENDING whatever the hook does.
    queueMicrotask(() => this.#next());
    return clone(TranscriptionSchema, transcription);
  }

  /** Aborts what runs and forgets what waits. */
  close(): void {
    this.#pending.length = 0;
    this.#abort.abort();
  }

  get #maxTranscripts(): number {
    return this.#options.maxTranscripts ?? 10_000;
  }

  #next(): void {
    if (this.#running >= (this.#options.maxConcurrent ?? 2)) return;
    const audio = this.#pending.shift();
    if (audio === undefined) return;
    this.#running += 1;
    void this.#run(audio).finally(() => {
      this.#running -= 1;
      this.#next();
    });
  }

  async #run(audio: StoredAudio): Promise<void> {
    const { audioId, format, durationSeconds } = audio.info;
    this.#update(audioId, { status: TranscriptStatus.PROCESSING });
    try {
      const signal = this.#abort.signal;
      const { transcribe } = this.#options;
      const open = () => audio.read();
      const { text, confidence } = await transcribe({ audioId, format, durationSeconds, open, signal });
      this.#update(audioId, { status: TranscriptStatus.COMPLETED, text: String(text), confidence: Number(confidence) });
    } catch (error) {
      this.#options.logger.warn("a transcription failed", { audio: audioId, error });
      this.#update(audioId, { status: TranscriptStatus.FAILED });
    }
  }

  #update(audioId: string, change: Partial<Pick<Transcription, "status" | "text" | "confidence">>): void {
    const transcription = this.#byAudioId.get(audioId);
    if (transcription === undefined) return;
    Object.assign(transcription, change, { updatedAt: timestampFromMs(this.#options.now()) });
  }

  #forgetOldest(): void {
    if (this.#byAudioId.size < this.#maxTranscripts) return;
    for (const [audioId, { status }] of this.#byAudioId) {
      if (status !== TranscriptStatus.COMPLETED && status !== TranscriptStatus.FAILED) continue;
      this.#byAudioId.delete(audioId);
      return;
    }
  }
}
