import { type Context, Hono } from "hono";
import { ShizukuError } from "../core/mod.ts";
import type { ServiceContract, Transport } from "../services/mod.ts";
import { pickHeaders } from "./_call_headers.ts";
import { readPost } from "./_connect_request.ts";
import { isSimpleType, toContentType } from "./_content_type.ts";
import { DisconnectSignal } from "./_disconnect_watch.ts";
import { errorResponse } from "./_error_response.ts";
import { createIngress, type Ingress } from "./_ingress.ts";
import { IncomingCall } from "./_invoke.ts";
import { readMessage } from "./_read_message.ts";
import type { Refusal } from "./_refusal.ts";
import { remainingMs } from "./_remaining.ts";
import { sendMessage } from "./_send_message.ts";
import { type ServedMethod, type ServiceTable, toServiceTable } from "./_service_table.ts";
import { handleRpcError } from "./handle_rpc_error.ts";
import type { RpcOptions, RpcSource } from "./rpc_options.ts";
import type { RpcSchema } from "./rpc_schema.ts";

/**
 * What {@linkcode rpc} returns: a Hono app whose routes {@linkcode RpcSchema} tells.
 *
 * @example A typed client of Hono
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { rpc, type RpcApp } from "@shizuku/shizuku/hono";
 * import { defineService, localTransport } from "@shizuku/shizuku/services";
 * import { hc } from "hono/client";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: json<{ name: string }>(), output: json<{ text: string }>() },
 * });
 * const transport = localTransport().add(GreetService, {
 *   greet: ({ name }) => ({ text: `Hello, ${name}` }),
 * });
 * const app: RpcApp<typeof GreetService> = rpc(GreetService, { transport });
 * const client = hc<typeof app>("http://localhost", {
 *   fetch: (url: string | URL | Request, init?: RequestInit) => app.fetch(new Request(url, init)),
 * });
 * const response = await client["greet.v1.GreetService"].greet.$post({ json: { name: "Ada" } });
 * console.log((await response.json()).text); // Hello, Ada
 * ```
 */
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
  const ingress = createIngress(served, options);
  const app = ingress.source.isLive ? liveRoutes(ingress) : fixedRoutes(ingress);
  return app as unknown as RpcApp<unknown>;
}

/** A route for each method: to match a pattern costs some runtimes a tenth of a call. */
function fixedRoutes(ingress: Ingress): Hono {
  const app = new Hono();
  const { source: { contracts }, settings: { expose } } = ingress;
  for (const [path, method] of toServiceTable(contracts, expose).methods) {
    app.all(`/${path}`, (c) => answer(c, method, ingress));
  }
  return app;
}

/** One route for all that is there at each call. */
function liveRoutes(ingress: Ingress): Hono {
  const table = currentTable(ingress);
  return new Hono().all("/:service/:method", (c, next) => {
    const { service, method } = c.req.param();
    const { services, methods } = table();
    const found = methods.get(`${service}/${method}`);
    if (found !== undefined) return answer(c, found, ingress);
    return services.has(service) ? refuse(c, (why) => why.refuseMethod(c.req.path)) : next();
  });
}

/** The table of what is served at this moment; a source that changes shows other contracts. */
function currentTable({ source, settings: { expose } }: Ingress): () => ServiceTable {
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
  { service, method }: ServedMethod,
  { settings, invoke, watch }: Ingress,
): Promise<Response> {
  // Not by `using`, which costs more here than all that it would dispose of.
  const caller = new DisconnectSignal(c.req.raw, watch);
  try {
    const isGet = c.req.method === "GET";
    if (!(isGet ? method.noSideEffects : c.req.method === "POST")) {
      return await refuse(c, (why) => why.refuseVerb(c.req.method, method));
    }
    const head = isGet
      ? (get ??= await import("./_get_request.ts")).readGet(c.req)
      : readPost(c.req);
    // To look at the clock costs some runtimes as much as all of the headers.
    const startedAt = head.timeoutMs === undefined ? 0 : performance.now();
    const contentType = toContentType(head.contentType, method.input);
    if (contentType === undefined) {
      return await refuse(c, (why) => why.refuseContentType(head.contentType, method));
    }
    if (!method.noSideEffects && !head.isConnect && isSimpleType(contentType)) {
      return await refuse(c, (why) => why.refuseSimple(contentType, method));
    }
    const isText = method.text?.contentType === contentType;
    const message = await readMessage(c.req, head, settings.maxBodyBytes, isText);
    const headers = pickHeaders(c.req, settings.headers);
    const call = new IncomingCall(service, method, contentType, message, headers);
    const response = await invoke(call, remainingMs(head.timeoutMs, settings, startedAt), caller);
    // Over NATS a response in the contract's default form does not name it.
    const type = response.contentType ?? method.defaultOutput.contentType;
    const sent = sendMessage(c, response, type, settings.gzipFromBytes);
    return sent instanceof Promise ? await sent : sent;
  } catch (thrown) {
    // Here and not by onError(), for which Hono would wrap the handler of a mounted app.
    c.error = ShizukuError.from(thrown, "call");
    return handleRpcError(c.error, c);
  } finally {
    caller[Symbol.dispose]();
  }
}

/** Loaded with the first `GET`, and there at once for the next. */
let get: typeof import("./_get_request.ts") | undefined;

async function refuse(
  c: Context,
  explain: (refusals: typeof import("./_refusal.ts")) => Refusal,
): Promise<Response> {
  const { error, status, headers } = explain(await import("./_refusal.ts"));
  return errorResponse(c, error, status, headers);
}
