import type { Compression } from "@connectrpc/connect/protocol";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";

/** What messages may be compressed with, in both directions; the first that a client accepts is used. */
export const acceptCompression: readonly Compression[] = [compressionGzip, compressionBrotli];
