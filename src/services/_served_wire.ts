import { base64Encode } from "@bufbuild/protobuf/wire";
import { CODES, type MessageHeaders, type ShizukuError } from "../core/mod.ts";
import {
  ERROR_CODE_HEADER,
  ERROR_DETAIL_HEADER,
  ERROR_HEADER,
  ERROR_MESSAGE_HEADER,
  ERROR_NUMBER_HEADER,
  TIMEOUT_HEADER,
} from "./wire.ts";

/** Remaining milliseconds from the end of a reply subject, if it tells them. */
export function timeoutOfReply(reply: string): number | undefined {
  let value = 0;
  let scale = 1;
  // Read from the end, without a copy: this runs for every call.
  for (let at = reply.length - 1; at > 0; at--) {
    const char = reply.charCodeAt(at);
    if (char === EQUALS) return scale > 1 && reply[at - 1] === "." ? value : undefined;
    const digit = char - ZERO;
    if (digit < 0 || digit > 9 || scale > 1e9) return undefined;
    value += digit * scale;
    scale *= 10;
  }
}

const ZERO = 0x30;
const EQUALS = 0x3d;

/** Remaining milliseconds from a header, if it is there and a number. */
export function timeoutOfHeaders(headers: MessageHeaders): number | undefined {
  const text = headers.get(TIMEOUT_HEADER);
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** Headers of an error reply. Its cause stays here. */
export function errorToHeaders(error: ShizukuError): Record<string, string | readonly string[]> {
  // A header value ends at a line break, and readers trim it.
  const plain = error.message.replace(/[\r\n]+/g, " ").trim();
  return {
    ...error.headers,
    [ERROR_HEADER]: plain,
    ...(plain !== error.message && { [ERROR_MESSAGE_HEADER]: toBase64(error.message) }),
    [ERROR_NUMBER_HEADER]: String(CODES[error.code].serviceCode),
    [ERROR_CODE_HEADER]: error.code,
    ...(error.details.length > 0 && {
      [ERROR_DETAIL_HEADER]: error.details.map(({ type, value }) =>
        `${type} ${base64Encode(value)}`
      ),
    }),
  };
}

function toBase64(text: string): string {
  return base64Encode(new TextEncoder().encode(text));
}
