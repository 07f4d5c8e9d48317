import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { invalid } from "../connection/mod.ts";
import type { EncryptionKeys } from "./encrypted.ts";
import type { ValuePlace } from "./placed_codec.ts";

const VERSION = 1;
const KEY_BYTES = 32;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const KEY_ID = /^[-\w.]{1,64}$/;

interface Key {
  readonly bytes: Uint8Array;
  /** The first bytes of a sealed value: version, length of the id, id. */
  readonly header: Uint8Array;
}

/**
 * Encrypts bytes for one place: version, key id, nonce, ciphertext with tag. Everything before the
 * nonce, the bucket and the key are authenticated with the ciphertext. Its errors hold nothing of the
 * value, and no cause.
 */
export class Sealer {
  readonly #keys: ReadonlyMap<string, Key>;
  readonly #current: Key;

  constructor({ current, keys }: EncryptionKeys) {
    this.#keys = new Map(Object.entries(keys).map(([id, bytes]) => [id, keyOf(id, bytes)]));
    const found = this.#keys.get(current);
    if (found === undefined) {
      throw invalid(`Cannot encrypt as keys must hold the current one: ${current} is not there`);
    }
    this.#current = found;
  }

  seal(clear: Uint8Array, place: ValuePlace): Uint8Array {
    const { bytes, header } = this.#current;
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const cipher = xchacha20poly1305(bytes, nonce, associatedData(header, place));
    const sealed = new Uint8Array(header.length + NONCE_BYTES + clear.length + TAG_BYTES);
    sealed.set(header);
    sealed.set(nonce, header.length);
    sealed.set(cipher.encrypt(clear), header.length + NONCE_BYTES);
    return sealed;
  }

  open(sealed: Uint8Array, place: ValuePlace): Uint8Array {
    const id = this.keyIdOf(sealed);
    if (id === undefined) {
      throw invalid(`Cannot decrypt ${sealed.length} bytes as they must be an encrypted value`);
    }
    const key = this.#keys.get(id);
    if (key === undefined) {
      throw invalid(
        `Cannot decrypt ${sealed.length} bytes as their key must be known: it is ${id}`,
      );
    }
    const start = key.header.length + NONCE_BYTES;
    const nonce = sealed.subarray(key.header.length, start);
    const cipher = xchacha20poly1305(key.bytes, nonce, associatedData(key.header, place));
    try {
      return cipher.decrypt(sealed.subarray(start));
    } catch {
      // The library says no more than that the tag is wrong, and why must not be told apart.
      throw invalid(
        `Cannot decrypt ${sealed.length} bytes as they must be what was encrypted for ` +
          `${place.key} of bucket ${place.bucket} with key ${id}: they are not`,
      );
    }
  }

  keyIdOf(sealed: Uint8Array): string | undefined {
    const [version, length = 0] = sealed;
    if (version !== VERSION || sealed.length < 2 + length + NONCE_BYTES + TAG_BYTES) {
      return undefined;
    }
    const id = String.fromCharCode(...sealed.subarray(2, 2 + length));
    return KEY_ID.test(id) ? id : undefined;
  }
}

function keyOf(id: string, bytes: Uint8Array): Key {
  if (!KEY_ID.test(id)) {
    throw invalid(
      `Cannot encrypt as the id of a key must be of 1 to 64 letters, digits, - _ and .: ` +
        `current value is ${JSON.stringify(id)}`,
    );
  }
  if (!(bytes instanceof Uint8Array) || bytes.length !== KEY_BYTES) {
    const found = bytes instanceof Uint8Array ? `${bytes.length} bytes` : typeof bytes;
    throw invalid(`Cannot encrypt as key ${id} must be of ${KEY_BYTES} bytes: it is ${found}`);
  }
  const header = new Uint8Array([VERSION, id.length, ...new TextEncoder().encode(id)]);
  return { bytes: bytes.slice(), header };
}

/** Each part with its length, so that no two places have the same. */
function associatedData(header: Uint8Array, { bucket, key }: ValuePlace): Uint8Array {
  const encoder = new TextEncoder();
  const parts = [encoder.encode(bucket), encoder.encode(key)];
  const size = parts.reduce((sum, part) => sum + 4 + part.length, header.length);
  const data = new Uint8Array(size);
  const view = new DataView(data.buffer);
  data.set(header);
  let at = header.length;
  for (const part of parts) {
    view.setUint32(at, part.length);
    data.set(part, at + 4);
    at += 4 + part.length;
  }
  return data;
}
