import type { Connection } from "../connection/mod.ts";
import { resourceName } from "../core/mod.ts";
import {
  type Bucket,
  type Decoded,
  type Encodable,
  type Entity,
  entity,
  type EntityOptions,
  openBucket,
  type Value,
  value,
  type ValueCodec,
} from "../kv/mod.ts";

/** A component's own records: one bucket, in which every entity and value has its own part. */
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
}

/** Makes a component's records. The bucket is opened when it is first needed. */
export function createComponentKv({ nc, component, namespace }: ComponentPlace): ComponentKv {
  let bucket: Promise<Bucket> | undefined;
  const open = () => bucket ??= openBucket(nc, resourceName(namespace, component));
  return {
    async entity<const Template extends string, C extends ValueCodec>(
      name: string,
      options: EntityOptions<Template, C>,
    ) {
      // The prefix has no parameters, so the keys have those of the template.
      const key = `${name}.${options.key}` as Template;
      return entity(await open(), { ...options, key });
    },
    value: async (name, { codec }) => value(await open(), { key: name, codec }),
  };
}
