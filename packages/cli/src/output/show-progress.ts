import type { UploadProgress } from "@im-sdk/core";
import { SingleBar } from "cli-progress";

/** Shows how far an upload is. */
export interface ProgressDisplay {
  readonly onProgress: (progress: UploadProgress) => void;
  /** Bytes sent so far. */
  sentBytes(): number;
  /** Leaves the terminal as it was found. */
  end(): void;
}

/** A bar on a terminal; on anything else nothing. */
export function showProgress(stream: NodeJS.WriteStream): ProgressDisplay {
  let sent = 0;
  let bar: SingleBar | undefined;
  const onProgress = ({ sentBytes, totalBytes }: UploadProgress) => {
    sent = sentBytes;
    if (!stream.isTTY) return;
    if (bar === undefined) {
      bar = new SingleBar({
        stream,
        format: totalBytes === undefined ? "{size}" : "[{bar}] {percentage}%  {size}  {eta_formatted} left",
        barCompleteChar: "#",
        barIncompleteChar: "-",
        clearOnComplete: true,
        hideCursor: true,
        // Signals are the command's to hear.
        gracefulExit: false,
      });
      bar.start(totalBytes ?? 0, 0, { size: "" });
    }
    bar.update(sentBytes, { size: `${(sentBytes / 1024 / 1024).toFixed(1)} MiB` });
  };
  return { onProgress, sentBytes: () => sent, end: () => bar?.stop() };
}
