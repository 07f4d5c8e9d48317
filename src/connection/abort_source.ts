/**
 * The part of an `AbortSignal` that a call needs. Something lighter than a signal fits as well, where
 * making a signal for each call would be felt.
 *
 * @example Hear of an abort without making a signal for each call
 * ```ts
 * import type { AbortSource } from "@shizuku/shizuku/services";
 *
 * const stopOn = (source: AbortSource, stop: (reason: unknown) => void) =>
 *   source.addEventListener("abort", { handleEvent: () => stop(source.reason) });
 * const controller = new AbortController();
 * stopOn(controller.signal, (reason) => console.log(reason)); // Gone
 * controller.abort("Gone");
 * ```
 */
export interface AbortSource {
  /** Whether it has aborted. */
  readonly aborted: boolean;
  /** Why. */
  readonly reason: unknown;
  /** Adds an object that hears of the abort, with the source as `currentTarget`. */
  addEventListener(type: "abort", listener: AbortListener): void;
  /** Takes it away. */
  removeEventListener(type: "abort", listener: AbortListener): void;
}

/**
 * Hears of an abort.
 *
 * @example
 * ```ts
 * import type { AbortListener } from "@shizuku/shizuku/services";
 *
 * const listener: AbortListener = {
 *   handleEvent: ({ currentTarget }) => console.log((currentTarget as AbortSignal).reason),
 * };
 * const controller = new AbortController();
 * controller.signal.addEventListener("abort", listener);
 * controller.abort("Gone");
 * ```
 */
export interface AbortListener {
  /** Called once. */
  handleEvent(event: { readonly currentTarget: unknown }): void;
}
