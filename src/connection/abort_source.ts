/**
 * The part of an `AbortSignal` that a call needs. Something lighter than a signal fits as well, where
 * making a signal for each call would be felt.
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

/** Hears of an abort. */
export interface AbortListener {
  /** Called once. */
  handleEvent(event: { readonly currentTarget: unknown }): void;
}
