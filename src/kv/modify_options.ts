/** Options of {@linkcode Entity.modify}. */
export interface ModifyOptions {
  /**
   * How often to try before giving up. Each lost try means that another writer has won.
   * @default {1000}
   */
  attempts?: number;
  /** Gives up between two tries, never in the middle of a write. */
  signal?: AbortSignal;
}

/** The type of {@linkcode KEEP}. */
export interface Keep {
  /** Tells it from {@linkcode DELETE}. */
  readonly change: "keep";
}

/** The type of {@linkcode DELETE}. */
export interface Delete {
  /** Tells it from {@linkcode KEEP}. */
  readonly change: "delete";
}

// Objects and not symbols: an async function that gives a unique symbol is said to give any.

/** What a change gives to leave a value as it is. `undefined` means the same. */
export const KEEP: Keep = /* @__PURE__ */ Object.freeze({ change: "keep" });

/** What a change gives to delete a value. */
export const DELETE: Delete = /* @__PURE__ */ Object.freeze({ change: "delete" });

/**
 * What a change of {@linkcode Entity.modify} gives: the next value, {@linkcode KEEP} or nothing to
 * leave it as it is, {@linkcode DELETE} to delete it.
 */
export type Changed<Init> = Init | Keep | Delete | undefined;
