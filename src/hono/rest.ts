import { Hono } from "hono";
import type { ServiceContract } from "../services/mod.ts";
import type { RpcSettings } from "./_check_settings.ts";
import { isExposed } from "./_expose.ts";
import { readHttpRules, type RestRoute } from "./_http_rule.ts";
import { createIngress } from "./_ingress.ts";
import type { RestHandler } from "./_rest_handler.ts";
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
  let handler: RestHandler | undefined;
  const load = async () => {
    const { restHandler } = await import("./_rest_handler.ts");
    return handler ??= restHandler(routes, ingress);
  };
  app.all("*", (c, next) => {
    if (source.contracts !== contracts) {
      contracts = source.contracts;
      routes = readRoutes(contracts, settings);
      handler = undefined;
    }
    if (routes.length === 0) return next();
    // Once it is there, a call waits for nothing.
    return handler === undefined ? load().then((made) => made(c, next)) : handler(c, next);
  });
  return app.onError(handleRpcError);
}

function readRoutes(
  contracts: readonly ServiceContract[],
  { expose }: RpcSettings,
): readonly RestRoute[] {
  return contracts
    .flatMap((contract) =>
      contract.kind === "definition" ? [] : contract.methods
        .filter(({ name }) => isExposed(expose, { contract, name }))
        .flatMap(readHttpRules)
    );
}
