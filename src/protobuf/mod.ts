/**
 * The options that a `.proto` can set for this library, and how to read them.
 *
 * @module
 */
import {
  create,
  type DescMessage,
  type DescMethod,
  getOption,
  hasOption,
  mergeFromBinary,
} from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { http } from "./gen/google/api/annotations_pb.ts";
import { type HttpRule, HttpRuleSchema } from "./gen/google/api/http_pb.ts";
import { event, type EventOptions, rpc, type RpcOptions } from "./gen/shizuku/v1/options_pb.ts";

export type { DescMessage, DescMethod } from "@bufbuild/protobuf";
export { http } from "./gen/google/api/annotations_pb.ts";
export type { HttpRule } from "./gen/google/api/http_pb.ts";
export * from "./gen/shizuku/v1/options_pb.ts";

/**
 * What a message says of itself as an event with `(shizuku.v1.event)`, if it does.
 *
 * @example
 * ```ts ignore
 * import { eventOptions } from "@shizuku/shizuku/protobuf";
 * import { TicketOpenedSchema } from "./gen/ticket/v1/ticket_pb.ts";
 *
 * console.log(eventOptions(TicketOpenedSchema)?.subject); // ticket.opened.{ticket_id}
 * ```
 */
export function eventOptions(message: DescMessage): EventOptions | undefined {
  // An unset option reads as an empty message, so it is asked for first.
  return hasOption(message, event) ? getOption(message, event) : undefined;
}

/**
 * What a method says of itself with `(shizuku.v1.rpc)`, if it does.
 *
 * @example Whether a gateway may offer a method
 * ```ts ignore
 * import { rpcOptions } from "@shizuku/shizuku/protobuf";
 * import { ShopService } from "./gen/shop/v1/shop_pb.ts";
 *
 * console.log(rpcOptions(ShopService.method.getBook)?.public); // true
 * ```
 */
export function rpcOptions(method: DescMethod): RpcOptions | undefined {
  return hasOption(method, rpc) ? getOption(method, rpc) : undefined;
}

/**
 * The REST routes that a method declares with `(google.api.http)`, if it does.
 *
 * @example
 * ```ts ignore
 * import { httpRule } from "@shizuku/shizuku/protobuf";
 * import { ShopService } from "./gen/shop/v1/shop_pb.ts";
 *
 * console.log(httpRule(ShopService.method.listBooks)?.pattern.value); // /v1/books
 * ```
 */
export function httpRule(method: DescMethod): HttpRule | undefined {
  // Not by getOption(), which takes several times as long: a document reads it for every method.
  const parts = method.proto.options?.$unknown?.filter(({ no }) => no === http.number) ?? [];
  if (parts.length === 0) return undefined;
  const rule = create(HttpRuleSchema);
  for (const { data } of parts) {
    mergeFromBinary(HttpRuleSchema, rule, new BinaryReader(data).bytes());
  }
  return rule;
}
