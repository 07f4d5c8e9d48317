import { type MethodInfo, type ServiceContract, serviceInfo } from "../services/mod.ts";
import { type Expose, isExposed } from "./_expose.ts";

/** The methods that may be called, by service and name. */
export type ServiceTable = ReadonlyMap<string, ReadonlyMap<string, MethodInfo>>;

/**
 * Lists what contracts offer.
 *
 * @throws {TypeError} If two services share a name.
 */
export function toServiceTable(
  contracts: readonly ServiceContract[],
  expose: Expose | undefined,
): ServiceTable {
  const table = new Map<string, ReadonlyMap<string, MethodInfo>>();
  for (const contract of contracts) {
    const { typeName, methods } = serviceInfo(contract);
    if (table.has(typeName)) {
      throw new TypeError(
        `Cannot serve contracts as their names must be unique: ${typeName} is there twice`,
      );
    }
    const exposed = [...methods].filter(([name]) => isExposed(expose, { contract, name }));
    table.set(typeName, new Map(exposed));
  }
  return table;
}
