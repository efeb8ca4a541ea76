// The demo's server: `node server.ts [port]` prints the port it listens on and runs until its standard input closes, so that
// it never outlives whoever started it.
import { startImServer } from "@im-sdk/server";

const server = await startImServer({
  port: Number(process.argv[2] ?? 0),
  // A real one would hand the bytes to a speech-to-text service.
  async transcribe({ open, format, durationSeconds }) {
    let bytes = 0;
    for await (const chunk of open()) bytes += chunk.byteLength;
    return {
      text: `${durationSeconds} s of ${format}, ${bytes} bytes, all of it humming`,
      confidence: 0.9,
    };
  },
});
console.log(server.port);
process.stdin.resume().once("end", () => void server.close());
