let encoder: TextEncoder | undefined;
let decoder: TextDecoder | undefined;

/** Gives the UTF-8 of a text. */
export function encodeUtf8(text: string): Uint8Array {
  return (encoder ??= new TextEncoder()).encode(text);
}

/**
 * Reads UTF-8; a byte order mark is part of the text.
 *
 * @throws {TypeError} If it is none.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  return (decoder ??= new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })).decode(bytes);
}
