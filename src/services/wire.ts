import { base64Decode } from "@bufbuild/protobuf/wire";
import {
  codeOfServiceCode,
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
