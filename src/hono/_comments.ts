import type {
  DescEnum,
  DescField,
  DescFile,
  DescMessage,
  DescMethod,
  DescService,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

/** Something of a `.proto` that may have a comment. */
export type Commented = DescMessage | DescEnum | DescField | DescService | DescMethod;

const read = new WeakMap<DescFile, ReadonlyMap<unknown, string>>();

/** What the comment in the `.proto` says, if the descriptor carries it. Generated code does not. */
export function commentOf(desc: Commented): string | undefined {
  const { file } = "file" in desc ? desc : desc.parent;
  if (file.proto.sourceCodeInfo === undefined) return undefined;
  let comments = read.get(file);
  if (comments === undefined) read.set(file, comments = readComments(file));
  return comments.get(desc.proto);
}

/** The comments of a file, each by what it is about. */
function readComments({ proto }: DescFile): ReadonlyMap<unknown, string> {
  const comments = new Map<unknown, string>();
  for (const { path, leadingComments } of proto.sourceCodeInfo?.location ?? []) {
    const text = leadingComments.split("\n").map((line) => line.replace(/^ /, "")).join("\n")
      .trim();
    if (text !== "") comments.set(partAt(proto, path), text);
  }
  return comments;
}

/**
 * What stands at a place in a file, which is told by numbers of fields and indexes.
 *
 * @see google/protobuf/descriptor.proto, `SourceCodeInfo.Location.path`
 */
function partAt(file: DescFile["proto"], path: readonly number[]): unknown {
  let schema: DescMessage | undefined = FileDescriptorProtoSchema;
  let part: unknown = file;
  for (const step of path) {
    if (Array.isArray(part)) part = part[step];
    else {
      const field: DescField | undefined = schema?.fields.find(({ number }) => number === step);
      schema = field?.message;
      part = field && Object(part)[field.localName];
    }
  }
  return part;
}
