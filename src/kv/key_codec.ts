/**
 * Turns what a parameter of a key holds into a token of letters, digits, `-`, `/`, `_` and `=`.
 *
 * @example One of your own: upper case only
 * ```ts
 * import type { KeyCodec } from "@shizuku/shizuku/kv";
 *
 * const upper: KeyCodec = {
 *   encode: (text) => text.toUpperCase(),
 *   decode: (token) => token === token.toUpperCase() ? token : undefined,
 * };
 * console.log(upper.encode("ord"), upper.decode("ord")); // ORD undefined
 * ```
 */
export interface KeyCodec {
  /** Gives the token. Two texts must not have the same. */
  encode(text: string): string;
  /** Reads a token, or gives `undefined` if it is none of its own. */
  decode(token: string): string | undefined;
}

const SAFE = /^[a-zA-Z0-9/_-]+$/;
const UNSAFE = /[^a-zA-Z0-9/_-]+/g;
/** What `encodeURIComponent()` leaves as it is, though a key cannot have it. */
const LEFT = /[.!~*'()]/g;
const EMPTY = "=";

/**
 * Lets parameters of keys hold any text: bytes of UTF-8 that are not safe are written as `=` and two
 * hexadecimal digits, so that `a b` is kept under `a=20b`. Safe texts stay as they are.
 *
 * @example
 * ```ts
 * import { escapedKeys } from "@shizuku/shizuku/kv";
 *
 * console.log(escapedKeys.encode("ada@example.org")); // ada=40example=2Eorg
 * console.log(escapedKeys.decode("ada=40example=2Eorg")); // ada@example.org
 * ```
 */
export const escapedKeys: KeyCodec = {
  encode: (text) => text.replace(UNSAFE, escapeAll) || EMPTY,
  decode(token) {
    if (token === EMPTY) return "";
    if (SAFE.test(token)) return token;
    try {
      const text = decodeURIComponent(token.replaceAll("=", "%"));
      // Each text has one token only.
      return escapedKeys.encode(text) === token ? text : undefined;
    } catch {
      // No UTF-8.
      return undefined;
    }
  },
};

function escapeAll(text: string): string {
  // A surrogate without a partner has no UTF-8.
  if (!text.isWellFormed()) throw new TypeError("it is no text of Unicode");
  return encodeURIComponent(text)
    .replace(LEFT, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%", "=");
}
