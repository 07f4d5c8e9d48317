import type { DescMessage } from "@bufbuild/protobuf";

/** The message that a codec reads, if it is protobuf. */
export function messageOf(codec: object): DescMessage | undefined {
  return "schema" in codec ? (codec as { schema: DescMessage }).schema : undefined;
}
