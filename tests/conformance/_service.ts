import { create, type DescMessage, type DescService, toBinary } from "@bufbuild/protobuf";
import type { Registry } from "@bufbuild/protobuf";
import { type Any, anyPack } from "@bufbuild/protobuf/wkt";
import {
  type Code,
  type Context,
  delay,
  type HeadersRecord,
  ShizukuError,
} from "../../src/core/mod.ts";
import {
  type Implementation,
  setResponseHeaders,
  setResponseTrailers,
} from "../../src/services/mod.ts";

/** Package of the official conformance suite. */
export const PACKAGE = "connectrpc.conformance.v1";

/** Request headers that the suite expects back. */
export const ECHOED_HEADERS = ["X-Conformance-Test"];

/** Time of calls whose caller names none: far longer than any that the suite names. */
export const NO_TIMEOUT_MS = 3_600_000;

/** The codes by their numbers. */
const CODES: readonly Code[] = [
  "unknown",
  "canceled",
  "unknown",
  "invalid_argument",
  "deadline_exceeded",
  "not_found",
  "already_exists",
  "permission_denied",
  "resource_exhausted",
  "failed_precondition",
  "aborted",
  "out_of_range",
  "unimplemented",
  "internal",
  "unavailable",
  "data_loss",
  "unauthenticated",
];

interface Header {
  name: string;
  value: string[];
}

/** The part of a request that says what to answer. */
interface UnaryRequest {
  responseDefinition?: {
    responseHeaders: Header[];
    responseTrailers: Header[];
    responseDelayMs: number;
    response:
      | { case: "responseData"; value: Uint8Array }
      | { case: "error"; value: { code: number; message?: string; details: Any[] } }
      | { case: undefined; value?: undefined };
  };
}

/** Its unary methods: what is streamed lies outside of what is served. */
export function unaryPart(service: DescService): DescService {
  const methods = service.methods.filter(({ methodKind }) => methodKind === "unary");
  const method = Object.fromEntries(methods.map((method) => [method.localName, method]));
  return { ...service, methods, method };
}

/** Implements the service by its description in the suite. */
export function implement(types: Registry): Implementation<DescService> {
  const infoType = types.getMessage(`${PACKAGE}.ConformancePayload.RequestInfo`)!;
  const respond = (type: string) => {
    const requestType = types.getMessage(`${PACKAGE}.${type}`)!;
    return (request: UnaryRequest, ctx: Context) => answer(request, ctx, requestType, infoType);
  };
  const methods = {
    unary: respond("UnaryRequest"),
    idempotentUnary: respond("IdempotentUnaryRequest"),
    unimplemented() {
      throw new ShizukuError("unimplemented", "This method is never implemented");
    },
  };
  return methods as unknown as Implementation<DescService>;
}

async function answer(
  request: UnaryRequest,
  ctx: Context,
  requestType: DescMessage,
  infoType: DescMessage,
) {
  const timeoutMs = ctx.remainingMs;
  const definition = request.responseDefinition;
  if (definition !== undefined) {
    setResponseHeaders(ctx, toRecord(definition.responseHeaders));
    setResponseTrailers(ctx, toRecord(definition.responseTrailers));
    if (definition.responseDelayMs > 0) await delay(definition.responseDelayMs, ctx.signal);
  }
  const requestInfo = {
    requestHeaders: [...ctx.headers].map(([name, value]) => ({ name, value: [...value] })),
    ...(timeoutMs < NO_TIMEOUT_MS / 2 && { timeoutMs: BigInt(Math.round(timeoutMs)) }),
    requests: [anyPack(requestType, create(requestType, { ...request }))],
    connectGetInfo: {},
  };
  const response = definition?.response;
  if (response?.case !== "error") return { payload: { data: response?.value, requestInfo } };
  const { code, message = "", details } = response.value;
  const info = create(infoType, requestInfo);
  throw new ShizukuError(CODES[code]!, message, {
    details: [
      ...details.map(({ typeUrl, value }) => ({ type: typeUrl.split("/").at(-1)!, value })),
      { type: infoType.typeName, value: toBinary(infoType, info) },
    ],
  });
}

function toRecord(headers: readonly Header[]): HeadersRecord {
  return Object.fromEntries(headers.map(({ name, value }) => [name, value]));
}
