import { refusal } from "./_refusal.ts";
import type { ShizukuError } from "./shizuku_error.ts";

/**
 * Makes the `decode` of a codec: whatever the reader throws becomes our error.
 *
 * @param name What is read, such as `flights.v1.Flight`.
 * @param wanted What the bytes should be, such as `UTF-8`.
 * @param locate Tells where they are not, if that is known, such as `from byte 7`.
 */
export function decoder<T>(
  name: string,
  wanted: string,
  read: (data: Uint8Array) => T,
  locate: (data: Uint8Array, thrown: unknown) => string | undefined = placeIn,
): (data: Uint8Array) => T {
  return (data) => {
    try {
      return read(data);
    } catch (thrown) {
      throw decodeError(name, wanted, data, locate(data, thrown));
    }
  };
}

/** What engines and protobuf-es tell of a place in JSON, and nothing that they quote of it. */
function placeIn(_data: Uint8Array, thrown: unknown): string | undefined {
  return /at position \d+|(?<=^\w+: cannot decode )field [\w.]+/.exec(String(thrown))?.[0];
}

/**
 * The error of bytes that cannot be decoded. It never holds the payload, which may be secret; nor
 * does it have a cause, since the messages of the readers quote the payload.
 */
export function decodeError(
  name: string,
  wanted: string,
  data: Uint8Array,
  where: string | undefined,
): ShizukuError {
  return refusal(
    `Cannot decode ${name} from ${data.length} bytes as they must be ${wanted}` +
      (where ? `: invalid ${where}` : ""),
  );
}
