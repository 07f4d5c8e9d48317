import { type Context, Hono } from "hono";
import type { MethodInfo, ServiceContract, Transport } from "../services/mod.ts";
import { pickHeaders } from "./_call_headers.ts";
import { checkSettings, type RpcSettings } from "./_check_settings.ts";
import { readGet, readPost } from "./_connect_request.ts";
import { isSimpleType, toContentType } from "./_content_type.ts";
import { DisconnectWatch } from "./_disconnect_watch.ts";
import { errorResponse } from "./_error_response.ts";
import { createInvoke, type Invoke } from "./_invoke.ts";
import { readMessage } from "./_read_message.ts";
import {
  type Refusal,
  refuseContentType,
  refuseMethod,
  refuseSimple,
  refuseVerb,
} from "./_refusal.ts";
import { remainingMs } from "./_remaining.ts";
import { sendMessage } from "./_send_message.ts";
import { type ServiceTable, toServiceTable } from "./_service_table.ts";
import { toSource } from "./_to_source.ts";
import { handleRpcError } from "./handle_rpc_error.ts";
import type { RpcOptions, RpcSource } from "./rpc_options.ts";
import type { RpcSchema } from "./rpc_schema.ts";

/** What {@linkcode rpc} returns: a Hono app whose routes {@linkcode RpcSchema} tells. */
export type RpcApp<Contracts> = Hono<Record<never, never>, RpcSchema<Contracts>, "/">;

/**
 * Makes a Hono sub-app that serves an application's RPC in the Connect protocol.
 *
 * Every method answers `POST /<package>.<Service>/<Method>` in the content types of its contract
 * (for protobuf `application/json` and `application/proto`), and `GET` if it has no side effects.
 * Requests may be gzipped, and so are large responses. The caller's `Connect-Timeout-Ms` and
 * disconnect reach the handler's `ctx.signal`. Errors are Connect JSON; causes stay in the log.
 *
 * Authentication and CORS are middleware of the app that it is mounted on; give that app
 * {@linkcode handleRpcError} so that their exceptions reach callers in the same form.
 *
 * @param source A running application: it calls within the process where a component runs here, and
 * over NATS otherwise.
 * @returns To be mounted by `app.route(basePath, ...)`, at any base path.
 * @throws {RangeError} If a number among the options is out of range.
 * @throws {TypeError} If a header cannot be forwarded or two services share a name.
 * @throws {ShizukuError} `unimplemented` if a method streams.
 * @example Under a base path, with authentication
 * ```ts
 * import { Hono } from "hono";
 * import { bearerAuth } from "hono/bearer-auth";
 * import { json } from "@shizuku/shizuku/core";
 * import { handleRpcError, rpc } from "@shizuku/shizuku/hono";
 * import { defineService, localTransport } from "@shizuku/shizuku/services";
 *
 * const MathService = defineService("math.v1.MathService", {
 *   double: { input: json<number>(), output: json<number>(), noSideEffects: true },
 * });
 * const transport = localTransport().add(MathService, { double: (n) => n * 2 });
 * const app = new Hono()
 *   .use("/api/*", bearerAuth({ token: "secret" }))
 *   .route("/api", rpc(MathService, { transport }))
 *   .onError(handleRpcError);
 *
 * const url = "/api/math.v1.MathService/double?encoding=json&message=21";
 * const response = await app.request(url, { headers: { Authorization: "Bearer secret" } });
 * console.log(await response.json()); // 42
 * ```
 * @see https://connectrpc.com/docs/protocol
 */
export function rpc(source: RpcSource, options?: RpcOptions): RpcApp<unknown>;
/**
 * Makes a Hono sub-app that serves contracts in the Connect protocol.
 *
 * @param contracts One, or several.
 */
export function rpc<const Contracts extends ServiceContract | readonly ServiceContract[]>(
  contracts: Contracts,
  options: RpcOptions & { readonly transport: Transport },
): RpcApp<Contracts>;
export function rpc(
  served: RpcSource | ServiceContract | readonly ServiceContract[],
  options: RpcOptions = {},
): RpcApp<unknown> {
  const settings = checkSettings(options);
  const source = toSource(served, options.transport);
  const invoke = createInvoke(source, settings, new DisconnectWatch());
  const table = currentTable(source, settings);
  const app = new Hono();
  app.all("/:service/:method", (c, next) => {
    const methods = table().get(c.req.param("service"));
    if (methods === undefined) return next();
    return answer(c, methods.get(c.req.param("method")), c.req.param("service"), invoke, settings);
  });
  return app.onError(handleRpcError) as RpcApp<unknown>;
}

/** The table of what is served at this moment; a source that changes shows other contracts. */
function currentTable(source: RpcSource, { expose }: RpcSettings): () => ServiceTable {
  let contracts = source.contracts;
  let table = toServiceTable(contracts, expose);
  return () => {
    if (source.contracts !== contracts) {
      contracts = source.contracts;
      table = toServiceTable(contracts, expose);
    }
    return table;
  };
}

async function answer(
  c: Context,
  method: MethodInfo | undefined,
  service: string,
  invoke: Invoke,
  settings: RpcSettings,
): Promise<Response> {
  const startedAt = performance.now();
  if (method === undefined) return refuse(c, refuseMethod(c.req.path));
  const isGet = c.req.method === "GET";
  if (!(isGet ? method.noSideEffects : c.req.method === "POST")) {
    return refuse(c, refuseVerb(c.req.method, method));
  }
  const request = isGet ? readGet(c.req) : readPost(c.req);
  const contentType = toContentType(request.contentType, method.input);
  if (contentType === undefined) return refuse(c, refuseContentType(request.contentType, method));
  if (!method.noSideEffects && isSimpleType(contentType) && !request.isConnect) {
    return refuse(c, refuseSimple(contentType, method));
  }
  const payload = await readMessage(c.req, request, settings.maxBodyBytes);
  const call = {
    service,
    method,
    contentType,
    payload,
    headers: pickHeaders(c.req, settings.headers),
  };
  const response = await invoke(call, {
    caller: c.req.raw,
    timeoutMs: remainingMs(request, settings, startedAt),
  });
  return await sendMessage(c, response, {
    // Over NATS a response in the contract's default form does not name it.
    contentType: response.contentType ?? method.defaultOutput.contentType,
    gzipFromBytes: settings.gzipFromBytes,
  });
}

function refuse(c: Context, { error, status, headers }: Refusal): Response {
  return errorResponse(c, error, status, headers);
}
