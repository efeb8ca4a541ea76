const mediaTypes: Readonly<Record<string, string>> = {
  aac: "audio/aac",
  amr: "audio/amr",
  flac: "audio/flac",
  m4a: "audio/mp4",
  mp3: "audio/mpeg",
  mp4: "audio/mp4",
  mpeg: "audio/mpeg",
  oga: "audio/ogg",
  ogg: "audio/ogg",
  opus: "audio/ogg; codecs=opus",
  wav: "audio/wav",
  webm: "audio/webm",
};

/** The content type of a format as uploaders name it; `application/octet-stream` when it is not known. */
export function mediaType(format: string): string {
  const name = format.toLowerCase().replace(/^audio\/|^\./, "");
  return Object.hasOwn(mediaTypes, name) ? (mediaTypes[name] ?? "") : "application/octet-stream";
}
