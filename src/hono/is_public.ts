import { rpcOptions } from "../protobuf/mod.ts";
import type { ExposedMethod } from "./_expose.ts";

/**
 * Tells whether a method is marked by `option (shizuku.v1.rpc).public = true`: for the option
 * `expose` of {@linkcode rpc}.
 *
 * @example Serve over HTTP only what is marked
 * ```ts ignore
 * app.route("/", rpc(running, { expose: isPublic }));
 * ```
 */
export function isPublic({ contract, name }: ExposedMethod): boolean {
  if (contract.kind !== "service") return false;
  const method = contract.methods.find((method) => method.name === name);
  return method !== undefined && (rpcOptions(method)?.public ?? false);
}
