import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import {
  AnySchema,
  FileDescriptorProtoSchema,
  StructSchema,
  TimestampSchema,
} from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import * as z from "zod";
import { bytes, type Codec, json, protobuf, ShizukuError, text } from "../../src/core/mod.ts";

const utf8 = (value: string) => new TextEncoder().encode(value);

const codecs: Record<string, Codec<unknown>> = {
  text: text as Codec<unknown>,
  json: json(),
  "checked json": json(z.object({ id: z.string() }), "ticket") as Codec<unknown>,
  protobuf: protobuf(FileDescriptorProtoSchema) as Codec<unknown>,
  "protobuf JSON": protobuf(FileDescriptorProtoSchema, { format: "json" }) as Codec<unknown>,
  struct: protobuf(StructSchema) as Codec<unknown>,
  "struct JSON": protobuf(StructSchema, { format: "json" }) as Codec<unknown>,
  any: protobuf(AnySchema, { format: "json" }) as Codec<unknown>,
};

test("codecs name what they read and its content type", () => {
  const cases: [Codec<never>, name: string, contentType: string][] = [
    [bytes, "bytes", "application/octet-stream"],
    [text, "text", "text/plain"],
    [json(), "json", "application/json"],
    [json(undefined, "ticket"), "ticket", "application/json"],
    [protobuf(TimestampSchema), "google.protobuf.Timestamp", "application/proto"],
    [
      protobuf(TimestampSchema, { format: "json" }),
      "google.protobuf.Timestamp",
      "application/json",
    ],
  ] as never;
  for (const [codec, name, contentType] of cases) {
    assert.deepEqual([codec.name, codec.contentType], [name, contentType]);
  }
});

test("bytes passes them on", () => {
  const data = new Uint8Array([0, 255]);
  assert.equal(bytes.encode(data), data);
  assert.equal(bytes.decode(data), data);
});

test("text and json give back what they were given", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }).filter((value) => value.isWellFormed()), (value) => {
      assert.equal(text.decode(text.encode(value)), value);
    }),
  );
  fc.assert(fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
    const codec = json<unknown>();
    assert.equal(
      JSON.stringify(codec.decode(codec.encode(value))),
      JSON.stringify(value),
    );
  }));
  assert.equal(text.decode(utf8("\ufeffmark")), "\ufeffmark");
  assert.equal(json().decode(utf8("\ufeff7")), 7);
});

test("protobuf() gives back what it was given, binary and JSON", () => {
  for (const format of ["binary", "json"] as const) {
    const codec = protobuf(TimestampSchema, { format });
    const wanted = create(TimestampSchema, { seconds: 7n, nanos: 5 });
    assert.deepEqual(codec.decode(codec.encode({ seconds: 7n, nanos: 5 })), wanted);
    assert.deepEqual(codec.decode(codec.encode(wanted)), wanted);
  }
  assert.equal(
    new TextDecoder().decode(protobuf(TimestampSchema, { format: "json" }).encode({})),
    '"1970-01-01T00:00:00Z"',
  );
});

test("protobuf() in JSON ignores fields that it does not know", () => {
  const codec = protobuf(FileDescriptorProtoSchema, { format: "json" });
  assert.equal(codec.decode(utf8('{"name":"a","newer":1}')).name, "a");
});

test("json() is checked by its validator", () => {
  const codec = json(z.object({ id: z.string() }), "ticket");
  assert.deepEqual(codec.decode(utf8('{"id":"7","more":1}')), { id: "7" });
  assert.throws(() => codec.decode(utf8('{"id":"secret1"')), {
    message: /^Cannot decode ticket from 15 bytes as they must be JSON/,
  });
});

test("json() refuses what is no JSON, and a validator that answers later", () => {
  assert.throws(() => json().encode(undefined), {
    name: "TypeError",
    message: "Cannot encode json as its value must be JSON: current value is undefined",
  });
  const later = json(z.string().refine(async () => true));
  assert.throws(() => later.decode(utf8('"x"')));
});

test("Codec.decode() says the type, the size and the position, and never the payload", () => {
  const cases: [Codec<never>, data: Uint8Array, message: RegExp][] = [
    [
      text,
      new Uint8Array([0xff, 0x41]),
      /^Cannot decode text from 2 bytes as they must be UTF-8$/,
    ],
    [
      json(),
      utf8("{secret}"),
      /^Cannot decode json from 8 bytes as they must be JSON(: invalid at position 1)?$/,
    ],
    [json(), new Uint8Array([0x22, 0xff, 0x22]), /from 3 bytes as they must be JSON$/],
    [
      json(z.object({ user: z.object({ ids: z.array(z.number()) }), a: z.null() }), "ticket"),
      utf8('{"user":{"ids":[1,"secret"]},"a":"secret"}'),
      /^Cannot decode ticket from 42 bytes as they must be valid: invalid at user.ids.1, a$/,
    ],
    [
      protobuf(TimestampSchema),
      new Uint8Array([8, 1, 0x10]),
      /^Cannot decode google.protobuf.Timestamp from 3 bytes as they must be protobuf: invalid from byte 2$/,
    ],
    [
      protobuf(FileDescriptorProtoSchema, { format: "json" }),
      utf8('{"name":"secret","package":{"secret":1}}'),
      /from 40 bytes as they must be protobuf JSON: invalid field google.protobuf.FileDescriptorProto.package$/,
    ],
  ] as never;
  for (const [codec, data, message] of cases) {
    assert.throws(() => codec.decode(data), (error) => {
      assert.ok(ShizukuError.is(error));
      assert.match(error.message, message);
      assert.doesNotMatch(`${error.stack} ${error.cause}`, /secret/);
      assert.deepEqual([error.code, error.stage, error.retryable], [
        "invalid_argument",
        "pre",
        false,
      ]);
      return true;
    });
  }
});

/** Decodes, and lets nothing but our error pass, in bounded time. */
function tryDecode(codec: Codec<unknown>, data: Uint8Array): void {
  const started = performance.now();
  try {
    codec.decode(data);
  } catch (error) {
    assert.ok(ShizukuError.is(error), String(error));
    assert.ok(error.message.length < 1_000);
  }
  assert.ok(performance.now() - started < 5_000);
}

for (const [name, codec] of Object.entries(codecs)) {
  test(`${name}: random bytes throw nothing but our error`, () => {
    const jsonish = fc.string({ unit: fc.constantFrom(...'{}[]",:0-1eE.\\utrfnal @type') });
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (data) => tryDecode(codec, data)), {
      numRuns: 500,
    });
    fc.assert(fc.property(jsonish, (data) => tryDecode(codec, utf8(data))), { numRuns: 500 });
  });
}

test("protobuf: truncated and changed messages throw nothing but our error", () => {
  for (const format of ["binary", "json"] as const) {
    const codec = protobuf(FileDescriptorProtoSchema, { format });
    const whole = codec.encode({
      name: "a.proto",
      dependency: ["b", "c"],
      messageType: [{ name: "M", field: [{ name: "f", number: 1, options: { packed: true } }] }],
      publicDependency: [1, 2, 3],
    });
    for (let size = 0; size < whole.length; size++) {
      tryDecode(codec as Codec<unknown>, whole.subarray(0, size));
    }
    fc.assert(fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
      const changed = whole.slice();
      changed[at] = byte;
      tryDecode(codec as Codec<unknown>, changed);
    }));
  }
});

test("protobuf: a few bytes that claim to be many take neither time nor memory", () => {
  // Field 1, length delimited, 2 GiB long; and a repeated field that claims as much.
  for (
    const claim of [[0x0a, 0xff, 0xff, 0xff, 0xff, 0x07], [0x1a, 0xff, 0xff, 0xff, 0xff, 0x0f]]
  ) {
    tryDecode(codecs.protobuf!, new Uint8Array(claim));
  }
});

test("codecs survive nesting that is deeper than any stack", () => {
  const depth = 200_000;
  tryDecode(codecs.json!, utf8("[".repeat(depth)));
  tryDecode(codecs.json!, utf8("[".repeat(depth) + "]".repeat(depth)));
  tryDecode(codecs["struct JSON"]!, utf8('{"a":'.repeat(depth) + "1" + "}".repeat(depth)));
  tryDecode(codecs.struct!, nestedStruct(2_000));
});

/** A `Struct` within a `Struct`, and so on: field 1 entry, field 2 value, field 5 struct. */
function nestedStruct(depth: number): Uint8Array {
  let inner: number[] = [];
  for (let level = 0; level < depth; level++) {
    for (const tag of [0x2a, 0x12, 0x0a]) inner = [tag, ...varint(inner.length), ...inner];
  }
  return new Uint8Array(inner);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}
