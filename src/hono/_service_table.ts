import { type MethodInfo, type ServiceContract, serviceInfo } from "../services/mod.ts";
import { type Expose, isExposed } from "./_expose.ts";

/** A method that may be called. */
export interface ServedMethod {
  /** Full name of its service. */
  readonly service: string;
  /** The method. */
  readonly method: MethodInfo;
}

/** What is served. */
export interface ServiceTable {
  /** Full names of the services. */
  readonly services: ReadonlySet<string>;
  /** The methods that may be called, by `<service>/<name>`. */
  readonly methods: ReadonlyMap<string, ServedMethod>;
}

/**
 * Lists what contracts offer.
 *
 * @throws {TypeError} If two services share a name.
 */
export function toServiceTable(
  contracts: readonly ServiceContract[],
  expose: Expose | undefined,
): ServiceTable {
  const services = new Set<string>();
  const table = new Map<string, ServedMethod>();
  for (const contract of contracts) {
    const { typeName: service, methods } = serviceInfo(contract);
    if (services.has(service)) {
      throw new TypeError(
        `Cannot serve contracts as their names must be unique: ${service} is there twice`,
      );
    }
    services.add(service);
    for (const [name, method] of methods) {
      if (isExposed(expose, { contract, name })) {
        table.set(`${service}/${name}`, { service, method });
      }
    }
  }
  return { services, methods: table };
}
