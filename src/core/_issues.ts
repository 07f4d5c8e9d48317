import type { StandardSchemaV1 } from "@standard-schema/spec";

/** Where an issue of a validator lies: `user.emails.0`, or the empty text for the whole value. */
export function pathOf({ path = [] }: StandardSchemaV1.Issue): string {
  return path.map((segment) => String(typeof segment === "object" ? segment.key : segment))
    .join(".");
}
