import type { ServiceContract } from "../services/mod.ts";

/**
 * A method, as it is asked whether it may be called from outside.
 *
 * @example Everything of one package
 * ```ts ignore
 * import { type ExposedMethod, rpc } from "@shizuku/shizuku/hono";
 *
 * const expose = ({ contract }: ExposedMethod) => contract.typeName.startsWith("shop.v1.");
 * app.route("/", rpc(running, { expose }));
 * ```
 */
export interface ExposedMethod {
  /** The contract that it belongs to. */
  readonly contract: ServiceContract;
  /** Its name on the wire. */
  readonly name: string;
}

/**
 * What may be called: services or methods by name, such as `delays.v1.DelayService` and
 * `delays.v1.DelayService/GetAirport`, or what a function says of each method.
 *
 * @example One service, and one method of another
 * ```ts ignore
 * import { rpc } from "@shizuku/shizuku/hono";
 *
 * const expose = ["shop.v1.ShopService", "ticket.v1.TicketService/Open"];
 * app.route("/", rpc(running, { expose }));
 * ```
 */
export type Expose = readonly string[] | ((method: ExposedMethod) => boolean);

/** Tells whether a method may be called; without a rule, all may. */
export function isExposed(expose: Expose | undefined, method: ExposedMethod): boolean {
  if (expose === undefined) return true;
  if (typeof expose === "function") return expose(method);
  const { typeName } = method.contract;
  return expose.includes(typeName) || expose.includes(`${typeName}/${method.name}`);
}
