import { setTimeout as delay } from "node:timers/promises";
import type { AudioInput, ImClient } from "@im-sdk/core";
import cliProgress from "cli-progress";

const chunks = 20;
const chunkBytes = 32 * 1024;
const size = chunks * chunkBytes;

/** Records for half a second and uploads while it records; a bar on a terminal shows how far it is. */
export async function uploadRecording(client: ImClient, roomId: string): Promise<AudioInput> {
  // Draws on terminals only. `linewrap` leaves the terminal's setting alone.
  const bar = new cliProgress.SingleBar(
    { format: "   {bar} {value}/{total} KiB", stream: process.stdout, barsize: 24, linewrap: true },
    cliProgress.Presets.shades_grey,
  );
  bar.start(size / 1024, 0);
  const { audioId, audioUrl } = await client.uploadAudio(roomId, microphone(), {
    format: "wav",
    durationSeconds: 0.5,
    onProgress: ({ sentBytes }) => bar.update(sentBytes / 1024),
  });
  bar.stop();
  return { audioId, audioUrl, format: "wav", duration: 0.5, size };
}

/** Silence, at the pace of a real one. */
async function* microphone(): AsyncGenerator<Uint8Array> {
  for (let chunk = 0; chunk < chunks; chunk++) {
    await delay(25);
    yield new Uint8Array(chunkBytes);
  }
}
