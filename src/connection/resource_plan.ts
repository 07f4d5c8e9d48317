/**
 * What is to be done about one stream, bucket or consumer, so that it becomes what code asks for.
 *
 * @example What would change, before anything does
 * ```ts ignore
 * import { provision } from "@shizuku/shizuku/component";
 *
 * const plan = await provision(nc, [user, ticket]);
 * for (const { kind, name, action, details } of plan.resources) {
 *   if (action !== "keep") console.log(action, kind, name, details.join("; "));
 * }
 * ```
 */
export interface ResourcePlan {
  /** What it is. */
  readonly kind: "stream" | "bucket" | "consumer";
  /** Its name; a consumer's with that of its stream before it: `ticket/notify_welcome`. */
  readonly name: string;
  /**
   * Nothing, create it, change it, or nothing that can be done: it is there, in a form that cannot
   * be changed.
   */
  readonly action: "keep" | "create" | "update" | "conflict";
  /** What changes, or what is in the way, in words. */
  readonly details: readonly string[];
}
