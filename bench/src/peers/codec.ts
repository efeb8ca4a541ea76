// How the bare peer encodes and decodes: as the SDK does.
export { messageRequestCodec, messageResponseCodec } from "@im-sdk/gen";
