import assert from "node:assert/strict";
import { test } from "node:test";
import { create, createFileRegistry, fromBinary, setExtension, toBinary } from "@bufbuild/protobuf";
import {
  DescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { createStandardSchema } from "@bufbuild/protovalidate";
import {
  field,
  FieldRulesSchema,
  file_buf_validate_validate,
  StringRulesSchema,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import * as z from "zod";
import { createContext, stack, validate } from "../../src/core/mod.ts";

const Order = z.object({ id: z.string().min(1), amount: z.coerce.number<unknown>().positive() });
const pay = stack((order: z.infer<typeof Order>) => order.amount * 2, validate(Order));

test("validate() passes on what the validator makes of the input", async () => {
  assert.equal(await pay({ id: "7", amount: "12.5" }, createContext()), 25);
});

test("validate() refuses with the validator's messages and where they lie", () => {
  assert.throws(() => pay({ id: "", amount: -1 }, createContext()), {
    code: "invalid_argument",
    stage: "pre",
    retryable: false,
    message: /^Cannot take input as it must be valid: id: .+; amount: .+/,
  });
});

test("validate() names no place where there is none", () => {
  const positive = stack((n: number) => n, validate(z.number().positive("be positive")));
  assert.throws(() => positive(-1, createContext()), { message: /must be valid: be positive$/ });
});

test("validate() waits for a validator that answers later", async () => {
  const schema: StandardSchemaV1<string, number> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: async (value) =>
        typeof value === "string"
          ? { value: value.length }
          : { issues: [{ message: "no text", path: ["a", { key: 0 }] }] },
    },
  };
  const double = stack((n: number) => n * 2, validate(schema));
  assert.equal(await double("abc", createContext()), 6);
  await assert.rejects(async () => await double(1 as never, createContext()), {
    message: "Cannot take input as it must be valid: a.0: no text",
  });
});

test("validate() takes protovalidate through the same interface", async () => {
  const schema = constrainedMessage();
  const process = stack(
    (message: object) => Object.keys(message).length > 0,
    validate(createStandardSchema(schema)),
  );
  assert.equal(await process(create(schema, { name: "Ada" } as never), createContext()), true);
  assert.throws(() => process(create(schema), createContext()), {
    code: "invalid_argument",
    message: /name: /,
  });
});

/** A message whose field `name` must have a character, as a `.proto` with protovalidate says it. */
function constrainedMessage() {
  const options = create(FieldOptionsSchema);
  const rules = create(FieldRulesSchema, {
    type: { case: "string", value: create(StringRulesSchema, { minLen: 1n }) },
  });
  setExtension(options, field, rules);
  const file = create(FileDescriptorProtoSchema, {
    name: "person.proto",
    package: "test",
    syntax: "proto3",
    dependency: ["buf/validate/validate.proto"],
    messageType: [create(DescriptorProtoSchema, {
      name: "Person",
      field: [create(FieldDescriptorProtoSchema, {
        name: "name",
        jsonName: "name",
        number: 1,
        label: FieldDescriptorProto_Label.OPTIONAL,
        type: FieldDescriptorProto_Type.STRING,
        options,
      })],
    })],
  });
  const files = [...withDependencies(file_buf_validate_validate), file];
  const set = create(FileDescriptorSetSchema, { file: files });
  // Through bytes, so that the options are those of a descriptor that was generated.
  const registry = createFileRegistry(
    fromBinary(FileDescriptorSetSchema, toBinary(FileDescriptorSetSchema, set)),
  );
  return registry.getMessage("test.Person")!;
}

type File = typeof file_buf_validate_validate;

function withDependencies(file: File): File["proto"][] {
  return [...file.dependencies.flatMap(withDependencies), file.proto];
}
