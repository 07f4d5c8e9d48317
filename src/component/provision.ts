import { borderOf, type Connection, type ResourcePlan } from "../connection/mod.ts";
import type { StreamSettings } from "../consumers/mod.ts";
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
  const { planProvision } = await import("./_provision_plan.ts");
  return await planProvision(nc, startOrder(components), options);
}
