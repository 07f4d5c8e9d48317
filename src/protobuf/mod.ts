/**
 * The options that a `.proto` can set for this library, and how to read them.
 *
 * @module
 */
import { type DescMessage, getOption, hasOption } from "@bufbuild/protobuf";
import { event, type EventOptions } from "./gen/shizuku/v1/options_pb.ts";

export type { DescMessage } from "@bufbuild/protobuf";
export * from "./gen/shizuku/v1/options_pb.ts";

/** What a message says of itself as an event with `(shizuku.v1.event)`, if it does. */
export function eventOptions(message: DescMessage): EventOptions | undefined {
  // An unset option reads as an empty message, so it is asked for first.
  return hasOption(message, event) ? getOption(message, event) : undefined;
}
