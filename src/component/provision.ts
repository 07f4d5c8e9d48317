import { borderOf, type Connection, type ResourcePlan } from "../connection/mod.ts";
import {
  ensureHook,
  ensureStream,
  planHook,
  type PlannedStream,
  planStream,
  type StreamOptions,
  type StreamSettings,
} from "../consumers/mod.ts";
import { inNamespace, resourceName, ShizukuError } from "../core/mod.ts";
import { type BucketOptions, openBucket, planBucket } from "../kv/mod.ts";
import { declaredHooksOf, type OwnedHook } from "./_component_hooks.ts";
import { each } from "./_each.ts";
import { type AppPlace, bucketOf, locksBucket, placeOf, streamOf } from "./_place.ts";
import { registryBuckets } from "./_registry_buckets.ts";
import type { AnyComponent } from "./component.ts";
import type { BucketSettings } from "./component_kv.ts";
import { startOrder } from "./start_order.ts";

/**
 * Options of {@linkcode provision}: the same that `createApp()` is given.
 *
 * @example
 * ```ts ignore
 * import { provision } from "@shizuku/shizuku/component";
 *
 * const plan = await provision(nc, [user, ticket], {
 *   namespace: "staging",
 *   stream: { replicas: 3 },
 *   bucket: { replicas: 3 },
 * });
 * ```
 */
export interface ProvisionOptions {
  /** Namespace of the application. */
  readonly namespace?: string;
  /** What the streams of all components are to be like, such as `{ replicas: 3 }`. */
  readonly stream?: StreamSettings;
  /** What the buckets of all components are to be like, such as `{ replicas: 3 }`. */
  readonly bucket?: BucketSettings;
}

/**
 * What components need on a server, and what is to be done for it.
 *
 * @example Refuse to deploy while something is in the way
 * ```ts ignore
 * import { provision, type ProvisionPlan } from "@shizuku/shizuku/component";
 *
 * const plan: ProvisionPlan = await provision(nc, [user, ticket]);
 * for (const { kind, name, details } of plan.conflicts) console.error(kind, name, details);
 * if (!plan.isDone && plan.conflicts.length === 0) await plan.apply();
 * ```
 */
export interface ProvisionPlan {
  /** Every stream, bucket and consumer, in the order in which they are made. */
  readonly resources: readonly ResourcePlan[];
  /** Whether all is there as it should be. */
  readonly isDone: boolean;
  /** What is in the way. */
  readonly conflicts: readonly ResourcePlan[];
  /**
   * Creates what is missing and changes what differs.
   *
   * @throws {ShizukuError} `failed_precondition` if something is in the way; nothing is done then.
   */
  apply(): Promise<void>;
  /** A line for each, for people. */
  toString(): string;
}

/**
 * Tells what components need on a server: streams of events, buckets, consumers of hooks, and what
 * hooks, locks and the registry have for themselves. Reads only; `apply()` does it.
 *
 * For deployments where applications may not create anything: they are started with
 * `createApp({ provision: false })`. Known is what a component declares: hooks and records that
 * `setup()` makes are not.
 *
 * @throws {TypeError} If components clash, lack each other, or use each other in a circle.
 * @example
 * ```ts ignore
 * import { provision } from "@shizuku/shizuku/component";
 *
 * const plan = await provision(nc, [user, ticket], { stream: { replicas: 3 } });
 * console.log(String(plan));
 * await plan.apply();
 * ```
 */
export async function provision(
  nc: Connection,
  components: readonly AnyComponent[],
  options: ProvisionOptions = {},
): Promise<ProvisionPlan> {
  borderOf(nc);
  const wanted = wantedOf(startOrder(components), options);
  return new Plan(nc, options, wanted, await planAll(nc, options, wanted));
}

/** What components need, in the words of the modules that make it. */
interface Wanted {
  readonly streams: readonly StreamOptions[];
  readonly buckets: readonly { readonly name: string; readonly options: BucketOptions }[];
  readonly hooks: readonly OwnedHook[];
}

function wantedOf(components: readonly AnyComponent[], place: AppPlace): Wanted {
  const { namespace, bucket } = place;
  const { manifests, descriptors } = registryBuckets(namespace, bucket);
  const own = components.filter(({ hasRecords }) => hasRecords).map((component) => ({
    name: resourceName(namespace, component.name),
    options: bucketOf(component, place),
  }));
  return {
    streams: components.flatMap((component) => streamOf(component, place) ?? []),
    buckets: [...own, locksBucket(place), manifests, descriptors],
    hooks: declaredHooksOf(components),
  };
}

async function planAll(
  nc: Connection,
  place: AppPlace,
  { streams, buckets, hooks }: Wanted,
): Promise<ResourcePlan[]> {
  const planned = streams.map((stream) => plannedStream(stream));
  const plans = await Promise.all([
    ...streams.map((options) => planStream(nc, options)),
    ...buckets.map(async ({ name, options }) => [await planBucket(nc, name, options)]),
    ...hooks.map(({ component, hook }) =>
      planHook(nc, hook, { ...placeOf(component, place), planned })
    ),
  ]);
  // Hooks of one component share their streams.
  return [...new Map(plans.flat().map((plan) => [`${plan.kind} ${plan.name}`, plan])).values()];
}

function plannedStream({ name, events = [], namespace }: StreamOptions): PlannedStream {
  return { name, subjects: events.map(({ subject }) => inNamespace(namespace, subject.filter)) };
}

class Plan implements ProvisionPlan {
  readonly resources: readonly ResourcePlan[];
  readonly #nc: Connection;
  readonly #place: AppPlace;
  readonly #wanted: Wanted;

  constructor(
    nc: Connection,
    place: AppPlace,
    wanted: Wanted,
    resources: readonly ResourcePlan[],
  ) {
    this.#nc = nc;
    this.#place = place;
    this.#wanted = wanted;
    this.resources = resources;
  }

  get isDone(): boolean {
    return this.resources.every(({ action }) => action === "keep");
  }

  get conflicts(): readonly ResourcePlan[] {
    return this.resources.filter(({ action }) => action === "conflict");
  }

  async apply(): Promise<void> {
    if (this.conflicts.length > 0) {
      throw new ShizukuError(
        "failed_precondition",
        `Cannot provision as something is in the way: ${this.conflicts.map(shown).join("; ")}`,
        { stage: "pre" },
      );
    }
    const { streams, buckets, hooks } = this.#wanted;
    await each(streams, (options) => ensureStream(this.#nc, options));
    await each(buckets, ({ name, options }) => openBucket(this.#nc, name, options));
    await each(
      hooks,
      ({ component, hook }) => ensureHook(this.#nc, hook, placeOf(component, this.#place)),
    );
  }

  toString(): string {
    const width = Math.max(...this.resources.map(({ name }) => name.length), 0);
    const lines = this.resources.map(({ action, kind, name, details }) =>
      `${action.padEnd(8)} ${kind.padEnd(8)} ${name.padEnd(width)} ${details.join("; ")}`.trimEnd()
    );
    const count = (wanted: string) =>
      this.resources.filter(({ action }) => action === wanted).length;
    return [
      ...lines,
      `${count("create")} to create, ${count("update")} to update, ${count("conflict")} in the way`,
    ].join("\n");
  }
}

/** `stream ticket (retention must be interest: current value is limits)` */
export function shown({ kind, name, details }: ResourcePlan): string {
  return details.length === 0 ? `${kind} ${name}` : `${kind} ${name} (${details.join("; ")})`;
}

/**
 * Checks that all is there that components need, without creating anything.
 *
 * @returns What is there and differs.
 * @throws {ShizukuError} `failed_precondition` if something is missing or in the way; all of it is
 * named.
 */
export async function requireProvisioned(
  nc: Connection,
  components: readonly AnyComponent[],
  place: AppPlace,
): Promise<readonly ResourcePlan[]> {
  const resources = await planAll(nc, place, wantedOf(components, place));
  const missing = resources.filter(({ action }) => action === "create" || action === "conflict");
  if (missing.length === 0) return resources.filter(({ action }) => action === "update");
  throw new ShizukuError(
    "failed_precondition",
    `Cannot start as provision is false and not all is there that the components need: ` +
      missing.map((plan) => `${plan.action} ${shown(plan)}`).join("; "),
    { stage: "pre" },
  );
}
