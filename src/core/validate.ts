import type { StandardSchemaV1 } from "@standard-schema/spec";
import { pathOf } from "./_issues.ts";
import { refusal } from "./_refusal.ts";
import type { InputLayer } from "./layer.ts";
import { isPromiseLike } from "./processor.ts";

/**
 * Checks each input with a validator, and passes on what the validator makes of it.
 *
 * The input type becomes what the validator accepts. Any library that follows Standard Schema will
 * do, and so will protobuf messages with protovalidate: `createStandardSchema(OrderSchema)`.
 *
 * @param schema A validator; it may answer later.
 * @throws {ShizukuError} `invalid_argument`, stage `pre`, with the validator's messages.
 * @example
 * ```ts
 * import { createContext, stack, validate } from "@shizuku/shizuku/core";
 * import * as z from "zod";
 *
 * const Order = z.object({ id: z.string(), amount: z.coerce.number().positive() });
 * const pay = stack((order: z.infer<typeof Order>) => `paid ${order.amount}`, validate(Order));
 * console.log(await pay({ id: "7", amount: "12.5" }, createContext())); // paid 12.5
 * ```
 * @see https://standardschema.dev
 */
export function validate<In, Out>(schema: StandardSchemaV1<In, Out>): InputLayer<Out, In> {
  const standard = schema["~standard"];
  return (next) => (input, ctx) => {
    const result = standard.validate(input);
    return isPromiseLike(result)
      ? result.then((result) => next(valueOf(result), ctx))
      : next(valueOf(result), ctx);
  };
}

function valueOf<T>(result: StandardSchemaV1.Result<T>): T {
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map((issue) =>
    [pathOf(issue), issue.message].filter(Boolean).join(": ")
  );
  throw refusal(`Cannot take input as it must be valid: ${issues.join("; ")}`);
}
