import { isPromiseLike, type StandardSchemaV1 } from "../core/mod.ts";

/**
 * What a component's settings are: a validator of any library that follows Standard Schema, or plain
 * defaults.
 *
 * @example A schema of zod, or plain defaults as in `config: { perMinute: 60 }`
 * ```ts
 * import { defineComponent } from "@shizuku/shizuku/component";
 * import { z } from "zod";
 *
 * export const notify = defineComponent({
 *   name: "notify",
 *   version: "1.0.0",
 *   config: z.object({ sender: z.email(), perMinute: z.number().min(1).default(60) }),
 *   setup: ({ config, logger }) => {
 *     logger.info("Sends {perMinute} a minute as {sender}", config);
 *     return {};
 *   },
 * });
 * ```
 */
export type ConfigSource = StandardSchemaV1 | Readonly<Record<string, unknown>>;

/**
 * Settings as `setup()` sees them.
 *
 * @example
 * ```ts
 * import type { ConfigValue } from "@shizuku/shizuku/component";
 *
 * const defaults = { sender: "desk@example.com", perMinute: 60 };
 * const pauseMs = ({ perMinute }: ConfigValue<typeof defaults>) => 60_000 / perMinute;
 * console.log(pauseMs(defaults)); // 1000
 * ```
 */
export type ConfigValue<C> = C extends StandardSchemaV1<infer _, infer Out> ? Out
  : C extends undefined ? undefined
  : Readonly<C>;

/**
 * Settings as an application may write them.
 *
 * @example
 * ```ts
 * import type { ConfigInput } from "@shizuku/shizuku/component";
 *
 * const defaults = { sender: "desk@example.com", perMinute: 60 };
 * const settings: ConfigInput<typeof defaults> = { perMinute: 10 };
 * ```
 */
export type ConfigInput<C> = C extends StandardSchemaV1<infer In, infer _> ? In
  : C extends undefined ? undefined
  : Partial<C>;

/**
 * Reads the settings of a component.
 *
 * @throws {TypeError} If they are not valid; the message names the component and the fields.
 */
export async function readConfig(
  component: string,
  source: ConfigSource | undefined,
  given: unknown,
): Promise<unknown> {
  const action = `Cannot configure component ${component}`;
  if (source === undefined) {
    if (given === undefined) return undefined;
    throw new TypeError(`${action} as it has no settings: given are ${keysOf(given)}`);
  }
  if ("~standard" in source) return await validated(action, source as StandardSchemaV1, given);
  return withDefaults(action, source, given ?? {});
}

async function validated(
  action: string,
  schema: StandardSchemaV1,
  given: unknown = {},
): Promise<unknown> {
  const later = schema["~standard"].validate(given);
  const result = isPromiseLike(later) ? await later : later;
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map(({ path = [], message }) => {
    const at = path.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
    return at === "" ? message : `${at}: ${message}`;
  });
  throw new TypeError(`${action} as its settings must be valid: ${issues.join("; ")}`);
}

function withDefaults(
  action: string,
  defaults: Readonly<Record<string, unknown>>,
  given: object,
): object {
  for (const [name, value] of Object.entries(given)) {
    if (!(name in defaults)) {
      throw new TypeError(`${action} as it has no setting ${name}: there are ${keysOf(defaults)}`);
    }
    const wanted = defaults[name];
    if (value === undefined || wanted === undefined || kindOf(value) === kindOf(wanted)) continue;
    throw new TypeError(
      `${action} as ${name} must be of type ${kindOf(wanted)}: current type is ${kindOf(value)}`,
    );
  }
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.freeze({ ...defaults, ...Object.fromEntries(named) });
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

function keysOf(value: unknown): string {
  return Object.keys(Object(value)).join(", ") || "none";
}
