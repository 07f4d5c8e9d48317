import type { JsonValue } from "@bufbuild/protobuf";
import { type Context, Hono } from "hono";
import { routePath } from "hono/route";
import { ShizukuError } from "../core/mod.ts";
import type { ServiceContract, TransportResponse } from "../services/mod.ts";
import { serviceInfo } from "../services/mod.ts";
import { bindRequest, findField } from "./_bind_request.ts";
import { pickHeaders } from "./_call_headers.ts";
import type { RpcSettings } from "./_check_settings.ts";
import { type ConnectRequest, readPost } from "./_connect_request.ts";
import { toContentType } from "./_content_type.ts";
import { DisconnectSignal } from "./_disconnect_watch.ts";
import { errorResponse } from "./_error_response.ts";
import { isExposed } from "./_expose.ts";
import { readHttpRules, type RestRoute } from "./_http_rule.ts";
import { createIngress, type Ingress } from "./_ingress.ts";
import { IncomingCall } from "./_invoke.ts";
import { TextMessage } from "./_message.ts";
import { matchPath } from "./_path_template.ts";
import { readMessage } from "./_read_message.ts";
import { refuseJson, refuseRestVerb } from "./_refusal.ts";
import { remainingMs } from "./_remaining.ts";
import { sendMessage } from "./_send_message.ts";
import { handleRpcError } from "./handle_rpc_error.ts";
import type { RpcOptions, RpcSource } from "./rpc_options.ts";

/**
 * Makes a Hono sub-app that serves the REST routes which methods declare by
 * `option (google.api.http)` in their `.proto`.
 *
 * Path, query and body fill the request as the option says, also nested fields (`author.name=Ada`),
 * lists (`topic=a&topic=b`), `additional_bindings` and `response_body`. Bodies are JSON. Errors are
 * those of {@linkcode rpc}, and so are the options.
 *
 * @param served A running application, or contracts with the option `transport`.
 * @returns To be mounted by `app.route(basePath, ...)`, beside {@linkcode rpc} or without it.
 * @throws {TypeError} If a route cannot be served: a path that cannot be read, or `GET` for a method
 * that is not marked `NO_SIDE_EFFECTS`.
 * @example
 * ```ts ignore
 * const app = new Hono().route("/", rpc(running)).route("/", rest(running));
 * // curl localhost:8000/v1/books?topics=sea
 * ```
 * @see https://google.aip.dev/127
 */
export function rest(
  served: RpcSource | ServiceContract | readonly ServiceContract[],
  options: RpcOptions = {},
): Hono {
  const ingress = createIngress(served, options);
  const { source, settings } = ingress;
  const app = new Hono();
  let contracts = source.contracts;
  let routes = readRoutes(contracts, settings);
  app.all("*", (c, next) => {
    if (source.contracts !== contracts) {
      contracts = source.contracts;
      routes = readRoutes(contracts, settings);
    }
    const path = ownPath(c);
    const here = routes.flatMap((route) => {
      const variables = matchPath(route.path, path);
      return variables === undefined ? [] : [{ route, variables }];
    });
    if (here.length === 0) return next();
    const found = here.find(({ route }) => route.verb === c.req.method);
    if (found === undefined) return refuse(c, here.map(({ route }) => route.verb));
    return answer(c, found.route, found.variables, ingress);
  });
  return app.onError(handleRpcError);
}

/** The routes, the most exact first. */
function readRoutes(
  contracts: readonly ServiceContract[],
  { expose }: RpcSettings,
): readonly RestRoute[] {
  return contracts
    .flatMap((contract) =>
      contract.kind === "definition" ? [] : contract.methods
        .filter(({ name }) => isExposed(expose, { contract, name }))
        .flatMap(readHttpRules)
    )
    .sort((left, right) => right.path.weight - left.path.weight);
}

/** The path below the one that the sub-app is mounted on, which may have parameters. */
function ownPath(c: Context): string {
  const depth = routePath(c).split("/").length - 2;
  return depth <= 0 ? c.req.path : `/${c.req.path.split("/").slice(depth + 1).join("/")}`;
}

function refuse(c: Context, verbs: readonly string[]): Response {
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
    throw new ShizukuError("invalid_argument", "Cannot read the request as its body must be JSON", {
      stage: "pre",
    });
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
