/**
 * Reads the query of a URL, with values as they were written; the first of equal names counts.
 *
 * `URLSearchParams` would read values as UTF-8, which is not what a binary message is.
 */
export function readQuery(url: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const start = url.indexOf("?");
  if (start === -1) return values;
  const [query = ""] = url.slice(start + 1).split("#", 1);
  for (const part of query.split("&")) {
    const equals = part.indexOf("=");
    const name = equals === -1 ? part : part.slice(0, equals);
    if (!values.has(name)) values.set(name, equals === -1 ? "" : part.slice(equals + 1));
  }
  return values;
}

/** The bytes of a value of a query: `%` and two digits stand for a byte, `+` for a space. */
export function decodePercent(value: string): Uint8Array {
  const source = new TextEncoder().encode(value);
  const bytes = new Uint8Array(source.length);
  let length = 0;
  for (let index = 0; index < source.length; index++) {
    const byte = source[index]!;
    const escaped = byte === PERCENT ? hexByte(source, index + 1) : undefined;
    if (escaped !== undefined) index += 2;
    bytes[length++] = escaped ?? (byte === PLUS ? SPACE : byte);
  }
  return bytes.subarray(0, length);
}

const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;

function hexByte(source: Uint8Array, index: number): number | undefined {
  const digits = String.fromCharCode(...source.subarray(index, index + 2));
  return /^[0-9a-f]{2}$/i.test(digits) ? parseInt(digits, 16) : undefined;
}
