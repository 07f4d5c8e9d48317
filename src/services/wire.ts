import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";
import {
  codeOfServiceCode,
  CODES,
  type ErrorDetail,
  isCode,
  type MessageHeaders,
  ShizukuError,
} from "../core/mod.ts";

/** Milliseconds that the caller still waits. */
export const TIMEOUT_HEADER = "Shizuku-Timeout-Ms";
/** Content type of a request that is not in the contract's default form, and of its response. */
export const CONTENT_TYPE_HEADER = "Content-Type";
/** Message of an error reply (ADR-32). */
export const ERROR_HEADER = "Nats-Service-Error";
/** Number of an error reply (ADR-32). */
export const ERROR_NUMBER_HEADER = "Nats-Service-Error-Code";
/** The code itself, which the number alone does not tell. */
export const ERROR_CODE_HEADER = "Shizuku-Code";
/** One detail of an error: type name, a space, base64. */
export const ERROR_DETAIL_HEADER = "Shizuku-Detail";

/** Subject of a method. */
export function rpcSubject(prefix: string, service: string, method: string): string {
  return `${prefix}.${service}.${method}`;
}

/** Headers of an error reply. Its cause stays here. */
export function errorToHeaders(error: ShizukuError): Record<string, string | readonly string[]> {
  return {
    // A header value ends at a line break.
    [ERROR_HEADER]: error.message.replace(/[\r\n]+/g, " "),
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
  const message = headers.get(ERROR_HEADER);
  const number = headers.get(ERROR_NUMBER_HEADER);
  if (message === undefined && number === undefined) return undefined;
  const named = headers.get(ERROR_CODE_HEADER);
  const code = isCode(named) ? named : codeOfServiceCode(Number(number));
  return new ShizukuError(code, message ?? "The service answered with an error", {
    stage: "call",
    details: headers.getAll(ERROR_DETAIL_HEADER).flatMap(readDetail),
  });
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

/** Milliseconds of a timeout header, or `undefined` if it is absent or not a number. */
export function readTimeoutMs(headers: MessageHeaders): number | undefined {
  const text = headers.get(TIMEOUT_HEADER);
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
