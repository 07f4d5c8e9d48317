import type { DescField, DescMessage } from "@bufbuild/protobuf";

/** Finds a field by its name in the `.proto`, or by that in JSON. */
export function findField(message: DescMessage, name: string): DescField | undefined {
  return message.fields.find((field) => field.name === name || field.jsonName === name);
}
