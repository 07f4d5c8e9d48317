import assert from "node:assert/strict";
import { test } from "node:test";
import { create, createFileRegistry, type DescService } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { json } from "../../src/core/mod.ts";
import {
  createClient,
  createEndpoints,
  defineService,
  localTransport,
} from "../../src/services/mod.ts";

/** A service with one method that streams, as a generated file would describe it. */
function streamingService(): DescService {
  const type = { inputType: ".t.v1.M", outputType: ".t.v1.M" };
  const set = create(FileDescriptorSetSchema, {
    file: [{
      name: "t.proto",
      package: "t.v1",
      syntax: "proto3",
      messageType: [{ name: "M" }],
      service: [{ name: "S", method: [{ name: "Watch", serverStreaming: true, ...type }] }],
    }],
  });
  return createFileRegistry(set).getService("t.v1.S")!;
}

test("methods that stream are refused at registration", () => {
  const service = streamingService();
  const refusal = {
    code: "unimplemented",
    message: "Cannot use t.v1.S.Watch as methods must be unary: current kind is server_streaming",
  };
  assert.throws(() => createEndpoints(service, {}), refusal);
  assert.throws(() => createClient(localTransport(), service), refusal);
});

test("defineService() refuses names that are not valid", () => {
  assert.throws(() => defineService("a b", {}), { name: "TypeError", message: /a b/ });
  const method = { input: json<null>(), output: json<null>() };
  assert.throws(() => defineService("a.B", { "no.dots": method }), { message: /no\.dots/ });
});
