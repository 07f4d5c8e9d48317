import type { Connection, ResourcePlan } from "../connection/mod.ts";
import {
  ensureHook,
  ensureStream,
  planHook,
  type PlannedStream,
  planStream,
  type StreamOptions,
} from "../consumers/mod.ts";
import { inNamespace, resourceName, ShizukuError } from "../core/mod.ts";
import { type BucketOptions, openBucket, planBucket } from "../kv/mod.ts";
import { declaredHooksOf, type OwnedHook } from "./_component_hooks.ts";
import { each } from "./_each.ts";
import { type AppPlace, bucketOf, locksBucket, placeOf, streamOf } from "./_place.ts";
import { registryBuckets } from "./_registry_buckets.ts";
import type { AnyComponent } from "./component.ts";
import type { ProvisionPlan } from "./provision.ts";

/** Plans what components need, which are in the order of their start. */
export async function planProvision(
  nc: Connection,
  components: readonly AnyComponent[],
  place: AppPlace,
): Promise<ProvisionPlan> {
  const wanted = wantedOf(components, place);
  return new Plan(nc, place, wanted, await planAll(nc, place, wanted));
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
