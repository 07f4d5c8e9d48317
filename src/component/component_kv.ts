import type { Connection } from "../connection/mod.ts";
import { resourceName, ShizukuError } from "../core/mod.ts";
import type {
  Bucket,
  BucketOptions,
  Decoded,
  Encodable,
  Entity,
  EntityOptions,
  Value,
  ValueCodec,
} from "../kv/mod.ts";

/**
 * What the bucket of a component is to be like.
 *
 * @example The buckets of all components on three servers
 * ```ts ignore
 * import { createApp } from "@shizuku/shizuku/component";
 *
 * createApp({ nc, components: [user, ticket], bucket: { replicas: 3 } });
 * ```
 */
export type BucketSettings = Omit<BucketOptions, "republish">;

/**
 * Records that a component declares: with a `key` many, each under its own; without one a single
 * record.
 *
 * @example
 * ```ts
 * import { defineComponent, type RecordDeclaration } from "@shizuku/shizuku/component";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const seats: RecordDeclaration = { key: "{flight}.{seat}", codec: json<{ passenger: string }>() };
 * export const booking = defineComponent({
 *   name: "booking",
 *   version: "1.0.0",
 *   kv: { seats },
 *   setup: () => ({}),
 * });
 * ```
 */
export type RecordDeclaration =
  | EntityOptions<string, ValueCodec>
  | { readonly codec: ValueCodec; readonly key?: undefined };

/**
 * The records of a component, by the name that its code and the keys in its bucket have.
 *
 * @example
 * ```ts
 * import { defineComponent, type RecordDeclarations } from "@shizuku/shizuku/component";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const records = {
 *   tickets: { key: "{id}", codec: json<{ title: string }>() },
 *   total: { codec: json<number>() },
 * } satisfies RecordDeclarations;
 * export const ticket = defineComponent({
 *   name: "ticket",
 *   version: "1.0.0",
 *   kv: records,
 *   setup: ({ kv }) => ({ shared: { count: () => kv.total.get() } }),
 * });
 * ```
 */
export type RecordDeclarations = Readonly<Record<string, RecordDeclaration>>;

/**
 * The declared records, opened.
 *
 * @example
 * ```ts
 * import type { OpenRecords } from "@shizuku/shizuku/component";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const records = { tickets: { key: "{id}", codec: json<{ title: string }>() } } as const;
 * const titleOf = async (id: string, { tickets }: OpenRecords<typeof records>) =>
 *   (await tickets.get({ id }))?.value.title;
 * ```
 */
export type OpenRecords<K extends RecordDeclarations> = {
  readonly [Name in keyof K]: K[Name] extends {
    readonly key: infer Template extends string;
    readonly codec: infer C;
  } ? Entity<Template, Decoded<C>, Encodable<C>>
    : Value<Decoded<K[Name]["codec"]>, Encodable<K[Name]["codec"]>>;
};

/**
 * A component's own records: one bucket, in which every entity and value has its own part.
 *
 * @example Records that are not declared
 * ```ts
 * import { type ComponentKv, defineComponent } from "@shizuku/shizuku/component";
 * import { json } from "@shizuku/shizuku/core";
 *
 * export const ticket = defineComponent({
 *   name: "ticket",
 *   version: "1.0.0",
 *   async setup({ kv }: { kv: ComponentKv }) {
 *     const drafts = await kv.entity("drafts", { key: "{id}", codec: json<{ title: string }>() });
 *     return { shared: { drop: (id: string) => drafts.delete({ id }) } };
 *   },
 * });
 * ```
 */
export interface ComponentKv {
  /**
   * Opens an entity: many records of one type, each under its own key.
   *
   * @param name First token of the keys in the bucket, before those of the template.
   */
  entity<const Template extends string, C extends ValueCodec>(
    name: string,
    options: EntityOptions<Template, C>,
  ): Promise<Entity<Template, Decoded<C>, Encodable<C>>>;
  /**
   * Opens a value: one record.
   *
   * @param name Its key in the bucket.
   */
  value<C extends ValueCodec>(
    name: string,
    options: { readonly codec: C },
  ): Promise<Value<Decoded<C>, Encodable<C>>>;
}

/** Where a component's records and locks are. */
export interface ComponentPlace {
  /** Connection to NATS. */
  readonly nc: Connection;
  /** Name of the component. */
  readonly component: string;
  /** Namespace of the application. */
  readonly namespace?: string | undefined;
  /** What its buckets are to be like. */
  readonly bucket?: BucketSettings;
  /**
   * Whether buckets are created and changed.
   * @default {true}
   */
  readonly provision?: boolean | undefined;
}

/** Makes a component's records. The bucket is opened when it is first needed. */
export function createComponentKv(place: ComponentPlace): ComponentKv {
  let bucket: Promise<Bucket> | undefined;
  const name = resourceName(place.namespace, place.component);
  const open = () =>
    bucket ??= openOwnBucket(place, name, place.bucket).catch((error) => {
      // The next one who needs it tries again.
      bucket = undefined;
      throw error;
    });
  return {
    async entity<const Template extends string, C extends ValueCodec>(
      name: string,
      options: EntityOptions<Template, C>,
    ) {
      // The prefix has no parameters, so the keys have those of the template.
      const key = `${name}.${options.key}` as Template;
      const { entity } = await import("./_record_parts.ts");
      return entity(await open(), { ...options, key });
    },
    async value(name, { codec }) {
      const { value } = await import("./_record_parts.ts");
      return value(await open(), { key: name, codec });
    },
  };
}

/**
 * Opens a bucket of a component, which is created only if that is allowed.
 *
 * @throws {ShizukuError} `failed_precondition` if it may not be created and is not there.
 */
export async function openOwnBucket(
  { nc, component, provision = true }: ComponentPlace,
  name: string,
  options: BucketOptions = {},
): Promise<Bucket> {
  const { openBucket, planBucket } = await import("./_record_parts.ts");
  if (provision) return await openBucket(nc, name, options);
  if ((await planBucket(nc, name)).action === "create") {
    throw new ShizukuError(
      "failed_precondition",
      `Cannot open bucket ${name} of component ${component} as provision is false and it is not ` +
        `there: declare its records with kv, so that provision() makes it`,
      { stage: "pre" },
    );
  }
  const { reads, timeoutMs } = options;
  return await openBucket(nc, name, {
    ...(reads !== undefined && { reads }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
}

/** Opens what a component has declared, beside the functions that open more. */
export async function openRecords(
  kv: ComponentKv,
  declarations: RecordDeclarations,
): Promise<ComponentKv> {
  const opened = Object.entries(declarations).map(async ([name, declared]) =>
    [
      name,
      declared.key === undefined
        ? await kv.value(name, declared)
        : await kv.entity(name, declared as EntityOptions<string, ValueCodec>),
    ] as const
  );
  return { ...kv, ...Object.fromEntries(await Promise.all(opened)) };
}
