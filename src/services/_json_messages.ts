import {
  create,
  createRegistry,
  type DescFile,
  type DescMessage,
  type DescService,
  fromJson,
  type JsonValue,
  type MessageInitShape,
  type Registry,
  toJson,
} from "@bufbuild/protobuf";
import { type Codec, protobuf } from "../core/mod.ts";
import { hasUniqueNames } from "./_has_unique_names.ts";
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
  const writing = registry && { registry };
  const reading = { ignoreUnknownFields: true, ...writing };
  return (schema) => {
    const plain = protobuf(schema, { format: "json" }) as Codec<unknown>;
    const text: TextForm = {
      // Without further arguments, `JSON.stringify()` takes its fastest way.
      encode: (value) => JSON.stringify(toJson(schema, create(schema, value as Init), writing)),
      decode(text) {
        try {
          const json = JSON.parse(text) as JsonValue;
          if (hasUniqueNames(text, json)) return fromJson(schema, json, reading);
        } catch {
          // What is wrong is said below.
        }
        // Its error says so, and nothing of what was sent.
        return plain.decode(new TextEncoder().encode(text));
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
