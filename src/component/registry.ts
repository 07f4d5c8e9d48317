import type { Connection } from "../connection/mod.ts";
import { resourceName } from "../core/mod.ts";
import { OWN_BUCKETS } from "./_own_buckets.ts";
import type { Manifest } from "./manifest.ts";

/**
 * Options of {@linkcode registry}.
 *
 * @example
 * ```ts ignore
 * import { registry } from "@shizuku/shizuku/component";
 *
 * const manifests = await registry(nc, { namespace: "staging" }).list();
 * ```
 */
export interface RegistryOptions {
  /** Namespace of the application. */
  readonly namespace?: string;
}

/**
 * What happens to the instances of components.
 *
 * @example
 * ```ts ignore
 * import { registry } from "@shizuku/shizuku/component";
 *
 * for await (const event of registry(nc).watch({ signal })) {
 *   if (event.type === "ready") break;
 *   console.log(event.type, event.manifest.component);
 * }
 * ```
 */
export type RegistryEvent =
  /** An instance runs. */
  | { readonly type: "appeared"; readonly manifest: Manifest }
  /** An instance says something else of itself than before. */
  | { readonly type: "changed"; readonly manifest: Manifest; readonly before: Manifest }
  /** An instance has stopped, or has not reported for as long as its manifest lives. */
  | { readonly type: "gone"; readonly manifest: Manifest }
  /** All that ran at the beginning have been given. */
  | { readonly type: "ready" };

/**
 * The components that run, as they say themselves. Made by {@linkcode registry}.
 *
 * @example
 * ```ts ignore
 * import { type Registry, registry } from "@shizuku/shizuku/component";
 *
 * const components: Registry = registry(nc);
 * const [manifest] = await components.list();
 * const descriptors = manifest && await components.descriptors(manifest);
 * ```
 */
export interface Registry {
  /** All instances that have reported lately, by component and start. */
  list(): Promise<Manifest[]>;
  /**
   * Gives the instances that run, then `ready`, then every change, until the loop ends or the signal
   * aborts. A lost connection does not end it.
   */
  watch(options?: { readonly signal?: AbortSignal }): AsyncIterableIterator<RegistryEvent>;
  /**
   * The descriptors of a component: a `google.protobuf.FileDescriptorSet` with all that is needed to
   * read its RPC, its events and those that it hooks.
   *
   * @returns `undefined` if it has none, or is gone for some time.
   */
  descriptors(manifest: Manifest): Promise<Uint8Array | undefined>;
}

/**
 * Tells which components run on a server, in whichever process.
 *
 * What it needs is made if nobody has run yet; nothing of the components' code is needed.
 *
 * @example
 * ```ts ignore
 * import { registry } from "@shizuku/shizuku/component";
 *
 * for (const { component, version } of await registry(nc).list()) console.log(component, version);
 * for await (const event of registry(nc).watch()) {
 *   if (event.type === "appeared") console.log(`${event.manifest.component} runs`);
 * }
 * ```
 */
export function registry(nc: Connection, { namespace }: RegistryOptions = {}): Registry {
  // A namespace that cannot be one is refused at once.
  resourceName(namespace, OWN_BUCKETS.manifests);
  const reader = async () => {
    const { createReader } = await import("./_registry_reader.ts");
    return createReader(nc, namespace);
  };
  return {
    list: async () => await (await reader()).list(),
    async *watch(options) {
      yield* (await reader()).watch(options);
    },
    descriptors: async (manifest) => await (await reader()).descriptors(manifest),
  };
}
