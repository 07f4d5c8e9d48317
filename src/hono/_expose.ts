import type { ServiceContract } from "../services/mod.ts";

/** A method, as it is asked whether it may be called from outside. */
export interface ExposedMethod {
  /** The contract that it belongs to. */
  readonly contract: ServiceContract;
  /** Its name on the wire. */
  readonly name: string;
}

/**
 * What may be called: services or methods by name, such as `delays.v1.DelayService` and
 * `delays.v1.DelayService/GetAirport`, or what a function says of each method.
 */
export type Expose = readonly string[] | ((method: ExposedMethod) => boolean);

/** Tells whether a method may be called; without a rule, all may. */
export function isExposed(expose: Expose | undefined, method: ExposedMethod): boolean {
  if (expose === undefined) return true;
  if (typeof expose === "function") return expose(method);
  const { typeName } = method.contract;
  return expose.includes(typeName) || expose.includes(`${typeName}/${method.name}`);
}
