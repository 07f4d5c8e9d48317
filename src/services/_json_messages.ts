import {
  create,
  createRegistry,
  type DescFile,
  type DescMessage,
  type DescService,
  fromJsonString,
  type MessageInitShape,
  type Registry,
  toJsonString,
} from "@bufbuild/protobuf";
import { type Codec, protobuf } from "../core/mod.ts";
import type { TextForm } from "./contract.ts";

/** The JSON form of a message, as bytes and as text. */
export interface JsonMessage {
  /** For bytes. */
  readonly codec: Codec<unknown>;
  /** For text: it spares a copy where a message comes and goes as text. */
  readonly text: TextForm;
}

/** Makes the function that makes the JSON forms of a service's messages. */
export function jsonMessages(service: DescService): (schema: DescMessage) => JsonMessage {
  const registry = typeRegistry(service);
  const options = { ignoreUnknownFields: true, ...(registry && { registry }) };
  return (schema) => {
    const plain = protobuf(schema, { format: "json" }) as Codec<unknown>;
    const text: TextForm = {
      encode: (value) => toJsonString(schema, create(schema, value as Init), options),
      decode(text) {
        try {
          return fromJsonString(schema, text, options);
        } catch {
          // Its error says what is wrong, and nothing of what was sent.
          return plain.decode(new TextEncoder().encode(text));
        }
      },
    };
    return { codec: registry === undefined ? plain : withText(plain, text), text };
  };
}

type Init = MessageInitShape<DescMessage>;

function withText(plain: Codec<unknown>, text: TextForm): Codec<unknown> {
  return {
    ...plain,
    encode: (value) => new TextEncoder().encode(text.encode(value)),
    decode: (data) => text.decode(new TextDecoder().decode(data)),
  };
}

/**
 * The message types that a service can reach by its imports, if one of its messages may hold any of
 * them: the JSON form of `google.protobuf.Any` cannot be read or written without.
 */
function typeRegistry({ file }: DescService): Registry | undefined {
  const files = new Set<DescFile>();
  collect(file, files);
  const hasAny = [...files].some(({ name }) => name === "google/protobuf/any");
  return hasAny ? createRegistry(...files) : undefined;
}

function collect(file: DescFile, files: Set<DescFile>): void {
  if (files.has(file)) return;
  files.add(file);
  for (const imported of file.dependencies) collect(imported, files);
}
