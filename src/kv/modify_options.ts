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

/** What a change gives to leave a value as it is. `undefined` means the same. */
export const KEEP: unique symbol = Symbol("shizuku.kv.keep");

/** What a change gives to delete a value. */
export const DELETE: unique symbol = Symbol("shizuku.kv.delete");

/**
 * What a change of {@linkcode Entity.modify} gives: the next value, {@linkcode KEEP} or nothing to
 * leave it as it is, {@linkcode DELETE} to delete it.
 */
export type Changed<Init> = Init | typeof KEEP | typeof DELETE | undefined;
