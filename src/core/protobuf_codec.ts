import {
  create,
  type DescMessage,
  fromBinary,
  fromJsonString,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { decoder } from "./_decoder.ts";
import { decodeUtf8, encodeUtf8 } from "./_utf8.ts";
import type { Codec } from "./codec.ts";
import { JSON_CONTENT_TYPE, PROTOBUF_CONTENT_TYPE } from "./_content_types.ts";

/**
 * A codec for a protobuf message. It encodes a message, or the plain object to make one of.
 *
 * @example
 * ```ts
 * import { protobuf } from "@shizuku/shizuku/core";
 * import { DurationSchema } from "@bufbuild/protobuf/wkt";
 *
 * const codec = protobuf(DurationSchema);
 * console.log(codec.schema.typeName); // google.protobuf.Duration
 * console.log(codec.encode({ seconds: 7n }).length); // 2
 * ```
 */
export interface ProtobufCodec<Desc extends DescMessage> extends Codec<MessageShape<Desc>> {
  /** The message's descriptor. */
  readonly schema: Desc;
  /** Gives the bytes of a message, or of what one can be made of. */
  encode(value: MessageInitShape<Desc>): Uint8Array;
}

/**
 * Which of protobuf's two forms is meant.
 *
 * @example
 * ```ts
 * import { protobuf, text } from "@shizuku/shizuku/core";
 * import { DurationSchema } from "@bufbuild/protobuf/wkt";
 *
 * const codec = protobuf(DurationSchema, { format: "json" });
 * console.log(text.decode(codec.encode({ seconds: 7n }))); // "7s"
 * ```
 */
export interface ProtobufCodecOptions {
  /**
   * Protobuf's binary form or its JSON form.
   * @default {"binary"}
   */
  format?: "binary" | "json";
}

/**
 * A codec for a generated protobuf message.
 *
 * @param schema The generated descriptor, such as `FlightSchema`.
 * @example
 * ```ts
 * import { protobuf } from "@shizuku/shizuku/core";
 * import { TimestampSchema } from "@bufbuild/protobuf/wkt";
 *
 * const codec = protobuf(TimestampSchema);
 * console.log(codec.decode(codec.encode({ seconds: 7n })).seconds); // 7n
 * ```
 */
export function protobuf<Desc extends DescMessage>(
  schema: Desc,
  options: ProtobufCodecOptions = {},
): ProtobufCodec<Desc> {
  return options.format === "json" ? jsonCodec(schema) : binaryCodec(schema);
}

// create() returns a value that is a message already as it is.

function binaryCodec<Desc extends DescMessage>(schema: Desc): ProtobufCodec<Desc> {
  const name = schema.typeName;
  return {
    schema,
    name,
    contentType: PROTOBUF_CONTENT_TYPE,
    encode: (value) => toBinary(schema, create(schema, value)),
    decode: decoder(name, "protobuf", (data) => fromBinary(schema, data), brokenAt),
  };
}

function jsonCodec<Desc extends DescMessage>(schema: Desc): ProtobufCodec<Desc> {
  const name = schema.typeName;
  const read = (data: Uint8Array) =>
    fromJsonString(schema, decodeUtf8(data), { ignoreUnknownFields: true });
  return {
    schema,
    name,
    contentType: JSON_CONTENT_TYPE,
    encode: (value) => encodeUtf8(toJsonString(schema, create(schema, value))),
    decode: decoder(name, "protobuf JSON", read),
  };
}

/** The byte from which they break, found by reading over the fields of the outermost message. */
function brokenAt(data: Uint8Array): string | undefined {
  const reader = new BinaryReader(data);
  let start = 0;
  try {
    while (reader.pos < reader.len) {
      start = reader.pos;
      const [field, wireType] = reader.tag();
      reader.skip(wireType, field);
    }
  } catch {
    return `from byte ${start}`;
  }
}
