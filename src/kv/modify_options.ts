/**
 * Options of {@linkcode Entity.modify}.
 *
 * @example
 * ```ts ignore
 * await tickets.modify({ id: "7" }, (ticket) => ticket && { ...ticket, isOpen: false }, {
 *   attempts: 10,
 *   signal,
 * });
 * ```
 */
export interface ModifyOptions {
  /**
   * How often to try before giving up. Each lost try means that another writer has won.
   * @default {1000}
   */
  attempts?: number;
  /** Gives up between two tries, never in the middle of a write. */
  signal?: AbortSignal;
}

/**
 * The type of {@linkcode KEEP}.
 *
 * @example
 * ```ts
 * import { KEEP, type Keep } from "@shizuku/shizuku/kv";
 *
 * const close = (ticket: { isOpen: boolean }): Keep | { isOpen: boolean } =>
 *   ticket.isOpen ? { isOpen: false } : KEEP;
 * console.log(close({ isOpen: false }) === KEEP); // true
 * ```
 */
export interface Keep {
  /** Tells it from {@linkcode DELETE}. */
  readonly change: "keep";
}

/**
 * The type of {@linkcode DELETE}.
 *
 * @example
 * ```ts
 * import { DELETE, type Delete } from "@shizuku/shizuku/kv";
 *
 * const close = (ticket: { isDraft: boolean }): Delete | { isDraft: boolean } =>
 *   ticket.isDraft ? DELETE : ticket;
 * console.log(close({ isDraft: true }) === DELETE); // true
 * ```
 */
export interface Delete {
  /** Tells it from {@linkcode KEEP}. */
  readonly change: "delete";
}

// Objects and not symbols: an async function that gives a unique symbol is said to give any.

/**
 * What a change gives to leave a value as it is. `undefined` means the same.
 *
 * @example Write only what is different
 * ```ts ignore
 * import { KEEP } from "@shizuku/shizuku/kv";
 *
 * await tickets.modify({ id: "7" }, (old) => old?.isOpen ? { ...old, isOpen: false } : KEEP);
 * ```
 */
export const KEEP: Keep = /* @__PURE__ */ Object.freeze({ change: "keep" });

/**
 * What a change gives to delete a value.
 *
 * @example
 * ```ts ignore
 * import { DELETE, KEEP } from "@shizuku/shizuku/kv";
 *
 * await tickets.modify({ id: "7" }, (ticket) => ticket?.isOpen ? KEEP : DELETE);
 * ```
 */
export const DELETE: Delete = /* @__PURE__ */ Object.freeze({ change: "delete" });

/**
 * What a change of {@linkcode Entity.modify} gives: the next value, {@linkcode KEEP} or nothing to
 * leave it as it is, {@linkcode DELETE} to delete it.
 *
 * @example
 * ```ts ignore
 * import { type Changed, KEEP } from "@shizuku/shizuku/kv";
 *
 * const close = (ticket: Ticket | undefined): Changed<Ticket> =>
 *   ticket?.isOpen ? { ...ticket, isOpen: false } : KEEP;
 * await tickets.modify({ id: "7" }, close);
 * ```
 */
export type Changed<Init> = Init | Keep | Delete | undefined;
