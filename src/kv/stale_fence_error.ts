import { ShizukuError } from "../core/mod.ts";

/**
 * A write with an older fence than the newest that was seen: `failed_precondition`. Who writes has
 * lost its lock, and another one has written since.
 *
 * Recognised by its `name`, as all errors of this library are by their brand.
 *
 * @example
 * ```ts ignore
 * try {
 *   await orders.put({ id: "7" }, { shipped: true }, fence);
 * } catch (error) {
 *   if (!(error instanceof Error && error.name === "StaleFenceError")) throw error;
 *   console.warn(`Another process goes on: ${error.message}`);
 * }
 * ```
 */
export class StaleFenceError extends ShizukuError {
  /** By which it is recognised. */
  override readonly name: string = "StaleFenceError";
  /** The fence of the write that was refused. */
  readonly fence: bigint;
  /** The newest fence that was seen. */
  readonly newest: bigint;

  /**
   * Says what was refused.
   *
   * @param action What was tried, to begin the message with: `Cannot put order.7`.
   */
  constructor(action: string, fence: bigint, newest: bigint) {
    super(
      "failed_precondition",
      `${action} as its fence must be at least ${newest}: current value is ${fence}`,
    );
    this.fence = fence;
    this.newest = newest;
  }
}
