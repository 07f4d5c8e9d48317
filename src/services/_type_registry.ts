import { createRegistry, type DescFile, type DescService, type Registry } from "@bufbuild/protobuf";

/**
 * The message types that a service can reach by its imports, if one of its messages may hold any of
 * them: the JSON form of `google.protobuf.Any` cannot be read or written without.
 */
export function typeRegistry({ file }: DescService): Registry | undefined {
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
