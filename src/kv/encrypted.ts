/**
 * Encrypted values: what is kept in a bucket, its replicas and backups cannot be read, and not be
 * changed or moved unnoticed, by whoever does not have the key.
 *
 * An entry point of its own, so that only those who encrypt carry a cipher.
 *
 * @example Encrypt, without a bucket
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { encrypted, newEncryptionKey } from "@shizuku/shizuku/kv/encrypted";
 *
 * const codec = encrypted(json<{ iban: string }>(), {
 *   current: "2026-11",
 *   keys: { "2026-11": newEncryptionKey() },
 * });
 * const place = { bucket: "accounts", key: "account.7" };
 * const sealed = codec.encodeAt({ iban: "DE02120300000000202051" }, place);
 * console.log(codec.decodeAt(sealed, place).iban); // DE02120300000000202051
 * console.log(codec.keyIdOf(sealed)); // 2026-11
 * ```
 *
 * @module
 */
import type { Codec } from "../core/mod.ts";
import { invalid } from "../connection/mod.ts";
import { Sealer } from "./_sealer.ts";
import type { Decoded, Encodable, PlacedCodec, ValuePlace } from "./placed_codec.ts";

export { reencrypt, type Reencryptable, type ReencryptOptions } from "./reencrypt.ts";
export type { ReencryptProgress } from "./reencrypt.ts";
export type { Decoded, Encodable, PlacedCodec, ValueCodec, ValuePlace } from "./placed_codec.ts";

/**
 * The keys of {@linkcode encrypted}.
 *
 * @example Write with the new key, read with both
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { encrypted, type EncryptionKeys, newEncryptionKey } from "@shizuku/shizuku/kv/encrypted";
 *
 * const keys: EncryptionKeys = {
 *   current: "2026-11",
 *   keys: { "2026-11": newEncryptionKey(), "2025-01": newEncryptionKey() },
 * };
 * console.log(encrypted(json<string>(), keys).currentKeyId); // 2026-11
 * ```
 */
export interface EncryptionKeys {
  /** Id of the key with which values are written. */
  readonly current: string;
  /**
   * All keys with which values can be read, 32 random bytes each, by id. Ids are kept with the values
   * in the clear: 1 to 64 letters, digits, `-`, `_` and `.`.
   */
  readonly keys: Readonly<Record<string, Uint8Array>>;
}

/**
 * A codec of encrypted values.
 *
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { encrypted, type EncryptedCodec, newEncryptionKey } from "@shizuku/shizuku/kv/encrypted";
 *
 * const codec: EncryptedCodec<string> = encrypted(json<string>(), {
 *   current: "2026-11",
 *   keys: { "2026-11": newEncryptionKey() },
 * });
 * const sealed = codec.encodeAt("secret", { bucket: "accounts", key: "account.7" });
 * console.log(codec.keyIdOf(sealed)); // 2026-11
 * ```
 */
export interface EncryptedCodec<T, Init = T> extends PlacedCodec<T, Init> {
  /** Id of the key with which values are written. */
  readonly currentKeyId: string;
  /** The id of the key with which bytes are encrypted; `undefined` if they are none of this form. */
  keyIdOf(bytes: Uint8Array): string | undefined;
  /**
   * Encrypts the same value anew, with the current key.
   *
   * @throws {ShizukuError} `invalid_argument` if they cannot be decrypted.
   */
  renew(bytes: Uint8Array, place: ValuePlace): Uint8Array;
}

/**
 * A codec whose bytes are encrypted and authenticated: XChaCha20-Poly1305 with a random nonce for
 * every value, bound to the bucket and the key under which it is kept.
 *
 * A value that was changed, or that somebody has moved to another key or bucket, is refused when it
 * is read. Not hidden are keys, the number, times and sizes of values, and the id of the encryption
 * key; an older value of the same key that somebody has put back is not noticed. A value takes 42
 * bytes more, and those of the key's id.
 *
 * @param codec How the values in the clear are written and read.
 * @throws {ShizukuError} `invalid_argument` if a key is not 32 bytes, an id is not valid, or the
 * current key is not there.
 * @example Rotate keys: read with both, write with the new one, then encrypt anew what is old
 * ```ts ignore
 * import { protobuf } from "@shizuku/shizuku/core";
 * import { entity, openBucket } from "@shizuku/shizuku/kv";
 * import { encrypted, reencrypt } from "@shizuku/shizuku/kv/encrypted";
 *
 * const accounts = entity(await openBucket(nc, "accounts"), {
 *   key: "account.{id}",
 *   codec: encrypted(protobuf(AccountSchema), {
 *     current: "2026-11",
 *     keys: { "2026-11": newKey, "2025-01": oldKey },
 *   }),
 * });
 * const { renewed } = await reencrypt(accounts);
 * ```
 * @see draft-irtf-cfrg-xchacha (XChaCha20-Poly1305), RFC 8439 (ChaCha20 and Poly1305)
 */
export function encrypted<C extends Codec<unknown>>(
  codec: C,
  keys: EncryptionKeys,
): EncryptedCodec<Decoded<C>, Encodable<C>> {
  const sealer = new Sealer(keys);
  const inner = codec as unknown as {
    encode(value: Encodable<C>): Uint8Array;
    decode(bytes: Uint8Array): Decoded<C>;
  };
  const { name } = codec;
  return {
    name: `encrypted ${name}`,
    currentKeyId: keys.current,
    encodeAt: (value, place) =>
      sealer.seal(silently("encode", name, () => inner.encode(value)), place),
    decodeAt(bytes, place) {
      const clear = sealer.open(bytes, place);
      return silently("decode", name, () => inner.decode(clear));
    },
    keyIdOf: (bytes) => sealer.keyIdOf(bytes),
    renew: (bytes, place) => sealer.seal(sealer.open(bytes, place), place),
  };
}

/**
 * Makes a key: 32 random bytes. Keep it where secrets are kept, never in a bucket.
 *
 * @example
 * ```ts
 * import { newEncryptionKey } from "@shizuku/shizuku/kv/encrypted";
 *
 * console.log(newEncryptionKey().length); // 32
 * ```
 */
export function newEncryptionKey(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}

/** Runs the inner codec. What it says of a failure, or holds, may be of the secret: it stays here. */
function silently<T>(what: "encode" | "decode", name: string, run: () => T): T {
  try {
    return run();
  } catch {
    throw invalid(
      what === "encode"
        ? `Cannot encode ${name} for encryption as the value must fit its codec`
        : `Cannot decode ${name} after decryption as the bytes must fit its codec`,
    );
  }
}
