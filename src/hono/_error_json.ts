import { base64Encode } from "@bufbuild/protobuf/wire";
import type { Code, ShizukuError } from "../core/mod.ts";

/** An error as the Connect protocol writes it. */
export interface ErrorJson {
  /** What went wrong. */
  readonly code: Code;
  /** For the caller. */
  readonly message?: string;
  /** Messages for the caller; `value` is unpadded base64. */
  readonly details?: readonly { readonly type: string; readonly value: string }[];
}

/**
 * Writes the public part of an error. Its cause and its stack stay here.
 *
 * @see https://connectrpc.com/docs/protocol#error-end-stream
 */
export function toErrorJson({ code, message, details }: ShizukuError): ErrorJson {
  return {
    code,
    ...(message !== "" && { message }),
    ...(details.length > 0 && {
      details: details.map(({ type, value }) => ({ type, value: base64Encode(value, "std_raw") })),
    }),
  };
}
