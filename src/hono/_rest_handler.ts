import type { JsonValue } from "@bufbuild/protobuf";
import type { Context, Next } from "hono";
import { routePath } from "hono/route";
import type { TransportResponse } from "../services/mod.ts";
import { serviceInfo } from "../services/mod.ts";
import { bindRequest } from "./_bind_request.ts";
import { pickHeaders } from "./_call_headers.ts";
import { type ConnectRequest, readPost } from "./_connect_request.ts";
import { toContentType } from "./_content_type.ts";
import { DisconnectSignal } from "./_disconnect_watch.ts";
import { errorResponse } from "./_error_response.ts";
import { findField } from "./_find_field.ts";
import type { RestRoute } from "./_http_rule.ts";
import type { Ingress } from "./_ingress.ts";
import { invalid } from "./_invalid.ts";
import { IncomingCall } from "./_invoke.ts";
import { TextMessage } from "./_message.ts";
import { pathMatcher } from "./_path_matcher.ts";
import { readMessage } from "./_read_message.ts";
import { refuseJson, refuseRestVerb } from "./_refusal.ts";
import { remainingMs } from "./_remaining.ts";
import { sendMessage } from "./_send_message.ts";

/** Answers what is a call of a REST route, and leaves the rest to others. */
export type RestHandler = (c: Context, next: Next) => Promise<Response | void>;

/** Makes the handler of routes. */
export function restHandler(routes: readonly RestRoute[], ingress: Ingress): RestHandler {
  const matchers = routes.map((route) => ({ route, ...pathMatcher(route.path) }))
    .sort((left, right) => right.weight - left.weight);
  return (c, next) => {
    const path = ownPath(c);
    const here = matchers.flatMap(({ route, match }) => {
      const variables = match(path);
      return variables === undefined ? [] : [{ route, variables }];
    });
    if (here.length === 0) return next();
    const found = here.find(({ route }) => route.verb === c.req.method);
    if (found === undefined) return refuse(c, here.map(({ route }) => route.verb));
    return answer(c, found.route, found.variables, ingress);
  };
}

/** The path below the one that the sub-app is mounted on, which may have parameters. */
function ownPath(c: Context): string {
  const depth = routePath(c).split("/").length - 2;
  return depth <= 0 ? c.req.path : `/${c.req.path.split("/").slice(depth + 1).join("/")}`;
}

async function refuse(c: Context, verbs: readonly string[]): Promise<Response> {
  const { error, status, headers } = refuseRestVerb(c.req.method, verbs);
  return errorResponse(c, error, status, headers);
}

async function answer(
  c: Context,
  route: RestRoute,
  path: ReadonlyMap<string, string>,
  { settings, invoke, watch }: Ingress,
): Promise<Response> {
  using caller = new DisconnectSignal(c.req.raw, watch);
  const startedAt = performance.now();
  const method = serviceInfo(route.service).methods.get(route.method.name)!;
  const request = readPost(c.req);
  const isJson = toContentType(request.contentType, method.input) === JSON_TYPE;
  // A plain form of any page can send a POST, but not this type.
  if (!isJson && (route.verb === "POST" || route.body !== "")) {
    const { error, status, headers } = refuseJson(request.contentType, method);
    return errorResponse(c, error, status, headers);
  }
  const json = route.body === "" ? undefined : await readJson(c, request, settings.maxBodyBytes);
  const query = new URLSearchParams(c.req.url.split("?", 2)[1] ?? "");
  const message = bindRequest(route.method.input, { body: route.body, json, path, query });
  const text = new TextMessage(JSON.stringify(message));
  const headers = pickHeaders(c.req, settings.headers);
  const call = new IncomingCall(route.service.typeName, method, JSON_TYPE, text, headers);
  const response = await invoke(call, remainingMs(request.timeoutMs, settings, startedAt), caller);
  return await sendMessage(c, pickBody(response, route), JSON_TYPE, settings.gzipFromBytes);
}

const JSON_TYPE = "application/json";

async function readJson(
  c: Context,
  request: ConnectRequest,
  maxBytes: number,
): Promise<JsonValue | undefined> {
  const { payload: body } = await readMessage(c.req, request, maxBytes);
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as JsonValue;
  } catch {
    throw invalid("Cannot read the request as its body must be JSON");
  }
}

/** What `response_body` names. */
function pickBody(response: TransportResponse, route: RestRoute): TransportResponse {
  const field = findField(route.method.output, route.responseBody);
  if (field === undefined) return response;
  const message = JSON.parse(new TextDecoder().decode(response.payload));
  const empty = field.fieldKind === "list" ? [] : field.fieldKind === "map" ? {} : null;
  const { payload, text } = new TextMessage(JSON.stringify(message[field.jsonName] ?? empty));
  return { headers: response.headers, payload, text };
}
