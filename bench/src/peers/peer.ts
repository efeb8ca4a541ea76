/** What a comparison asks of everybody in it. */
export interface Peer {
  readonly openStream: (options: StreamOptions) => Promise<PeerStream>;
  /** Ready to upload; the first connection is up. */
  readonly openUploads: (port: number) => Promise<Uploads>;
  /** Ready to make unary calls; the first connection is up. */
  readonly openCalls?: (port: number) => Promise<Calls>;
}

export interface StreamOptions {
  readonly port: number;
  readonly roomId: string;
  /** Length of the texts that are sent. */
  readonly contentBytes: number;
  /** Called with the id of each text that comes, and the length of its decoded content. */
  readonly onMessage: (messageId: string, contentLength: number) => void;
  readonly onError: (error: unknown) => void;
}

/** A bidirectional stream of messages. */
export interface PeerStream {
  /** Sends a text whose id is the number. */
  readonly send: (n: number) => void;
  /** Ends the stream and the connection. */
  readonly close: () => Promise<void>;
}

export interface Uploads {
  /** Uploads a recording in chunks of 32 KiB, and gives the audio id of the answer. */
  readonly upload: (bytes: Uint8Array) => Promise<string>;
  readonly close: () => Promise<void>;
}

export interface Calls {
  /** `SendMessage` with a text of 100 bytes; gives the message id of the answer. */
  readonly sendMessage: () => Promise<string>;
  readonly close: () => Promise<void>;
}
