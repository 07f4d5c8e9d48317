import type {
  DescEnum,
  DescField,
  DescFile,
  DescMessage,
  DescMethod,
  DescService,
} from "@bufbuild/protobuf";

/** Something of a `.proto` that may have a comment. */
export type Commented = DescMessage | DescEnum | DescField | DescService | DescMethod;

const read = new WeakMap<DescFile, ReadonlyMap<string, string>>();

/** What the comment in the `.proto` says, if the descriptor carries it. Generated code does not. */
export function commentOf(desc: Commented): string | undefined {
  const file = fileOf(desc);
  if (file.proto.sourceCodeInfo === undefined) return undefined;
  let comments = read.get(file);
  if (comments === undefined) read.set(file, comments = readComments(file));
  return comments.get(placeOf(desc).join());
}

function fileOf(desc: Commented): DescFile {
  return desc.kind === "field" || desc.kind === "rpc" ? desc.parent.file : desc.file;
}

function readComments({ proto }: DescFile): ReadonlyMap<string, string> {
  const comments = new Map<string, string>();
  for (const { path, leadingComments } of proto.sourceCodeInfo?.location ?? []) {
    const text = leadingComments.split("\n").map((line) => line.replace(/^ /, "")).join("\n");
    if (text.trim() !== "") comments.set(path.join(), text.trim());
  }
  return comments;
}

/**
 * Where something stands in its file: numbers of fields and indexes.
 *
 * @see google/protobuf/descriptor.proto, `SourceCodeInfo.Location.path`
 */
function placeOf(desc: Commented): number[] {
  switch (desc.kind) {
    case "service":
      return [6, desc.file.proto.service.indexOf(desc.proto)];
    case "rpc":
      return [...placeOf(desc.parent), 2, desc.parent.proto.method.indexOf(desc.proto)];
    case "field":
      return [...placeOf(desc.parent), 2, desc.parent.proto.field.indexOf(desc.proto)];
    case "message":
      return desc.parent === undefined
        ? [4, desc.file.proto.messageType.indexOf(desc.proto)]
        : [...placeOf(desc.parent), 3, desc.parent.proto.nestedType.indexOf(desc.proto)];
    case "enum":
      return desc.parent === undefined
        ? [5, desc.file.proto.enumType.indexOf(desc.proto)]
        : [...placeOf(desc.parent), 4, desc.parent.proto.enumType.indexOf(desc.proto)];
  }
}
