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
import { type Codec, decoding } from "./codec.ts";

/** A codec for a protobuf message. It encodes a message, or the plain object to make one of. */
export interface ProtobufCodec<Desc extends DescMessage> extends Codec<MessageShape<Desc>> {
  /** The message's descriptor. */
  readonly schema: Desc;
  /** Gives the bytes of a message, or of what one can be made of. */
  encode(value: MessageInitShape<Desc>): Uint8Array;
}

/** Which of protobuf's two forms is meant. */
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
  // create() returns a value that is a message already as it is.
  const message = (value: MessageInitShape<Desc>) => create(schema, value);
  const name = schema.typeName;
  if (options.format === "json") {
    return {
      schema,
      name,
      contentType: "application/json",
      encode: (value) => new TextEncoder().encode(toJsonString(schema, message(value))),
      decode: (data) =>
        decoding(
          name,
          data,
          () =>
            fromJsonString(schema, new TextDecoder().decode(data), { ignoreUnknownFields: true }),
        ),
    };
  }
  return {
    schema,
    name,
    contentType: "application/proto",
    encode: (value) => toBinary(schema, message(value)),
    decode: (data) => decoding(name, data, () => fromBinary(schema, data)),
  };
}
