import { clone, create, type DescFile, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { HookDefinition } from "../consumers/mod.ts";
import { messageOf } from "./_message_of.ts";
import type { AnyComponent } from "./component.ts";

/** Descriptors of a component, and what they are known by. */
export interface Descriptors {
  /** A `google.protobuf.FileDescriptorSet`: each file once, imports before what imports them. */
  readonly bytes: Uint8Array;
  /** Hash of the bytes. */
  readonly hash: string;
}

/**
 * The descriptors of a component's RPC, its events and the events that it hooks, as far as they are
 * protobuf.
 *
 * @returns `undefined` if none is.
 */
export async function descriptorsOf(
  { contracts, events }: AnyComponent,
  hooks: readonly HookDefinition[],
): Promise<Descriptors | undefined> {
  const codecs = [
    ...Object.values(events).map(({ codec }) => codec),
    ...hooks.flatMap(({ routes }) => routes.map(({ codec }) => codec)),
  ];
  const roots = [
    ...contracts.flatMap((contract) => contract.kind === "service" ? [contract.file] : []),
    ...codecs.flatMap((codec) => {
      const schema = messageOf(codec);
      return schema === undefined ? [] : [schema.file];
    }),
  ];
  const files = new Map<string, DescFile>();
  for (const file of roots) addFile(files, file);
  if (files.size === 0) return undefined;
  const set = create(FileDescriptorSetSchema, { file: [...files.values()].map(withoutSource) });
  const bytes = toBinary(FileDescriptorSetSchema, set);
  return { bytes, hash: await hashOf(bytes) };
}

function addFile(files: Map<string, DescFile>, file: DescFile): void {
  if (files.has(file.name)) return;
  for (const imported of file.dependencies) addFile(files, imported);
  files.set(file.name, file);
}

/** Where things stand in a source is of no use to those who decode. */
function withoutSource({ proto }: DescFile): DescFile["proto"] {
  if (proto.sourceCodeInfo === undefined) return proto;
  const copy = clone(FileDescriptorProtoSchema, proto);
  delete copy.sourceCodeInfo;
  return copy;
}

async function hashOf(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return [...new Uint8Array(digest).subarray(0, 16)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
