import type { Connection } from "../connection/mod.ts";
import { getLogger, json, resourceName } from "../core/mod.ts";
import type { HookDefinition } from "../consumers/mod.ts";
import { entity, openBucket } from "../kv/mod.ts";
import { serviceInfo } from "../services/mod.ts";
import type { AnyComponent } from "./component.ts";

/** What a running component says of itself. */
export interface Manifest {
  /** Name of the component. */
  readonly component: string;
  /** Version of the component. */
  readonly version: string;
  /** Identifies this instance of it. */
  readonly instance: string;
  /** When it started, as ISO 8601. */
  readonly startedAt: string;
  /** RPC that it answers: full names of the contracts, and their methods. */
  readonly rpc: readonly { readonly service: string; readonly methods: readonly string[] }[];
  /** Events that it publishes. */
  readonly events: readonly { readonly type: string; readonly subject: string }[];
  /** Hooks that it runs. */
  readonly hooks: readonly { readonly name: string; readonly events: readonly string[] }[];
}

/** The components that run, as they say themselves. */
export interface Registry {
  /** All instances that have reported lately. */
  list(): Promise<Manifest[]>;
}

/** An instance is forgotten when it has not reported for so long. */
const TTL_MS = 30_000;

/** Describes an instance of a component. */
export function manifestOf(
  { name, version, contracts, events }: AnyComponent,
  hooks: readonly HookDefinition[],
): Manifest {
  return {
    component: name,
    version,
    instance: crypto.randomUUID(),
    startedAt: new Date().toISOString(),
    rpc: contracts.map((contract) => {
      const { typeName, methods } = serviceInfo(contract);
      return { service: typeName, methods: [...methods.keys()] };
    }),
    events: Object.values(events).map(({ typeName, subject }) => ({
      type: typeName,
      subject: subject.template,
    })),
    hooks: hooks.map(({ name, routes }) => ({
      name,
      events: routes.map(({ typeName }) => typeName),
    })),
  };
}

async function openManifests(nc: Connection, namespace: string | undefined) {
  const bucket = await openBucket(nc, resourceName(namespace, "registry"), {
    ttlMs: TTL_MS,
    storage: "memory",
    description: "Components that run",
  });
  return entity(bucket, { key: "{component}.{instance}", codec: json<Manifest>() });
}

/** Writes a manifest, and again at a third of its time to live until it is disposed of. */
export async function register(
  nc: Connection,
  manifest: Manifest,
  { namespace }: { readonly namespace?: string } = {},
): Promise<AsyncDisposable> {
  const manifests = await openManifests(nc, namespace);
  const { component, instance } = manifest;
  const write = () => manifests.put({ component, instance }, manifest);
  await write();
  const timer = setInterval(() => {
    write().catch((error) =>
      // The next one may get through; without any the instance is rightly forgotten.
      getLogger(["component", component]).warn("Cannot report: {error}", { error })
    );
  }, TTL_MS / 3);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await manifests.delete({ component, instance });
    },
  };
}

/**
 * Lists the components that run on a server, in whichever process.
 *
 * @example
 * ```ts ignore
 * import { registry } from "@shizuku/shizuku/component";
 *
 * for (const { component, version } of await registry(nc).list()) console.log(component, version);
 * ```
 */
export function registry(nc: Connection, namespace?: string): Registry {
  return {
    async list() {
      const manifests = await openManifests(nc, namespace);
      const all: Manifest[] = [];
      for await (const { value } of manifests.entries()) all.push(value);
      return all;
    },
  };
}
