import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";
import {
  codeOfServiceCode,
  CODES,
  type ErrorDetail,
  type HeadersRecord,
  isCode,
  type MessageHeaders,
  ShizukuError,
} from "../core/mod.ts";

/** Milliseconds that the caller still waits, from callers that cannot say so in the reply subject. */
export const TIMEOUT_HEADER = "Shizuku-Timeout-Ms";
/** Content type of a request that is not in the contract's default form, and of its response. */
export const CONTENT_TYPE_HEADER = "Content-Type";
/** Message of an error reply (ADR-32). */
export const ERROR_HEADER = "Nats-Service-Error";
/** Number of an error reply (ADR-32). */
export const ERROR_NUMBER_HEADER = "Nats-Service-Error-Code";
/** The code itself, which the number alone does not tell. */
export const ERROR_CODE_HEADER = "Shizuku-Code";
/** The message in base64, where a header value cannot have it as it is. */
export const ERROR_MESSAGE_HEADER = "Shizuku-Message";
/** One detail of an error: type name, a space, base64. */
export const ERROR_DETAIL_HEADER = "Shizuku-Detail";

/** Subject of a method. */
export function rpcSubject(prefix: string, service: string, method: string): string {
  return `${prefix}.${service}.${method}`;
}

/**
 * Subject on which callers tell every instance of a service that they wait no longer. The payload is
 * the reply subject of the call.
 */
export function cancelSubject(prefix: string, service: string): string {
  return `${prefix}._cancel.${service}`;
}

/**
 * Token at the end of a reply subject that tells the remaining time. A header would cost a third of
 * the throughput, and whoever does not know the token answers on the subject as it is.
 */
export function timeoutToken(timeoutMs: number): string {
  return `=${Math.ceil(timeoutMs)}`;
}

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

/** The error of a reply, if it is one. Understands every micro service's replies. */
export function errorFromHeaders(headers: MessageHeaders): ShizukuError | undefined {
  const message = readText(headers.get(ERROR_MESSAGE_HEADER)) ?? headers.get(ERROR_HEADER);
  const number = headers.get(ERROR_NUMBER_HEADER);
  if (message === undefined && number === undefined) return undefined;
  const named = headers.get(ERROR_CODE_HEADER);
  const code = isCode(named) ? named : codeOfServiceCode(Number(number));
  return new ShizukuError(code, message ?? "The service answered with an error", {
    stage: "call",
    details: headers.getAll(ERROR_DETAIL_HEADER).flatMap(readDetail),
    headers: otherHeaders(headers),
  });
}

/** The headers that are not part of the error itself. */
function otherHeaders(headers: MessageHeaders): HeadersRecord | undefined {
  const others = [...headers].filter(([name]) => !/^(nats|shizuku)-/i.test(name));
  return others.length === 0 ? undefined : Object.fromEntries(others);
}

function toBase64(text: string): string {
  return base64Encode(new TextEncoder().encode(text));
}

function readText(base64: string | undefined): string | undefined {
  try {
    return base64 === undefined ? undefined : new TextDecoder().decode(base64Decode(base64));
  } catch {
    // The plain form is there as well.
    return undefined;
  }
}

function readDetail(text: string): ErrorDetail[] {
  const space = text.indexOf(" ");
  try {
    return [{ type: text.slice(0, space), value: base64Decode(text.slice(space + 1)) }];
  } catch {
    // A detail is an extra: one that cannot be read must not hide the error that carries it.
    return [];
  }
}
