import { type DescMethod, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import type * as grpc from "@grpc/grpc-js";
import { IMService } from "@im-sdk/gen";

/** The methods that are measured, for grpc-js; messages are encoded and decoded by protobuf-es, without copies. */
export const grpcJsDefinition: grpc.ServiceDefinition = {
  streamMessages: definitionOf(IMService.method.streamMessages),
  uploadAudio: definitionOf(IMService.method.uploadAudio),
  sendMessage: definitionOf(IMService.method.sendMessage),
};

function definitionOf(method: DescMethod): grpc.MethodDefinition<Message, Message> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === "bidi_streaming" || method.methodKind === "client_streaming",
    responseStream: method.methodKind === "bidi_streaming" || method.methodKind === "server_streaming",
    requestSerialize: (request) => bufferOf(toBinary(method.input, request)),
    requestDeserialize: (bytes) => fromBinary(method.input, bytes),
    responseSerialize: (response) => bufferOf(toBinary(method.output, response)),
    responseDeserialize: (bytes) => fromBinary(method.output, bytes),
  };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
