import { toJsonString } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { Codec } from "../core/mod.ts";

/** Makes the function that writes events as text: in JSON where they have that form, else in base64. */
export function dataWriter<T>(codec: Codec<T>): (event: T) => string {
  const { schema } = codec as { schema?: DescMessage };
  if (schema !== undefined) return (event) => toJsonString(schema, event as Message);
  if (!/^(text\/|application\/json\b)/.test(codec.contentType)) {
    return (event) => base64Encode(codec.encode(event));
  }
  return (event) => new TextDecoder().decode(codec.encode(event));
}
