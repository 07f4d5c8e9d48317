import type { Connection } from "../connection/mod.ts";
import type { HookDefinition } from "../consumers/mod.ts";
import { getLogger } from "../core/mod.ts";
import { type Descriptors, descriptorsOf } from "./_descriptors.ts";
import { register, type Registration } from "./_register.ts";
import { schemaWarnings } from "./_schema_warnings.ts";
import type { AnyComponent } from "./component.ts";
import type { BucketSettings } from "./component_kv.ts";
import { type Manifest, manifestOf } from "./manifest.ts";
import { registry } from "./registry.ts";

/** How an instance of a component is reported. */
export interface ReportOptions {
  /** All that it runs. */
  readonly hooks: readonly HookDefinition[];
  /** Namespace of the application. */
  readonly namespace: string | undefined;
  /** What new buckets are to be like. */
  readonly bucket: BucketSettings | undefined;
  /** Milliseconds after which a silent instance is forgotten. @default {30000} */
  readonly ttlMs: number | undefined;
  /** Is told what does not keep the component from running. */
  warn(message: string): void;
}

/** Bytes of a message that its headers may need. */
const ROOM_FOR_HEADERS = 1_024;

/** Reports an instance to the registry, and compares its schemas with those of others that run. */
export async function reportComponent(
  nc: Connection,
  component: AnyComponent,
  options: ReportOptions,
): Promise<Registration> {
  const { hooks, namespace, bucket, ttlMs = 30_000 } = options;
  const descriptors = fitting(nc, component, await descriptorsOf(component, hooks), options);
  const manifest = manifestOf(component, hooks, {
    namespace,
    ttlMs,
    descriptors: descriptors?.hash,
  });
  const registration = await register(nc, { manifest, descriptors, namespace, bucket });
  if (descriptors !== undefined) await compareSchemas(nc, manifest, descriptors, options);
  return registration;
}

/** Descriptors that are too large for the server are left out. */
function fitting(
  nc: Connection,
  { name }: AnyComponent,
  found: Descriptors | undefined,
  { warn }: ReportOptions,
): Descriptors | undefined {
  const most = (nc.info?.max_payload ?? Infinity) - ROOM_FOR_HEADERS;
  if (found === undefined || found.bytes.length <= most) return found;
  warn(`the descriptors of ${name} are too large for the registry: ${found.bytes.length} bytes`);
  return undefined;
}

async function compareSchemas(
  nc: Connection,
  manifest: Manifest,
  { bytes }: Descriptors,
  { namespace, warn }: ReportOptions,
): Promise<void> {
  const running = registry(nc, { ...(namespace !== undefined && { namespace }) });
  try {
    for (const warning of await schemaWarnings(running, manifest, bytes)) warn(warning);
  } catch (error) {
    // It may not be allowed to list what runs; what it does itself works all the same.
    getLogger(["component"]).warn("Cannot compare schemas: {error}", { error });
  }
}
