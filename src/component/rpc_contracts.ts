import type { Implementation, ServiceContract } from "../services/mod.ts";

/**
 * What RPC a component answers: one contract, or several by the name that its code uses.
 *
 * @example Two services of one component
 * ```ts
 * import { defineComponent, type RpcContracts } from "@shizuku/shizuku/component";
 * import { defineService } from "@shizuku/shizuku/services";
 * import { text } from "@shizuku/shizuku/core";
 *
 * const Upper = defineService("upper.v1.Upper", { upper: { input: text, output: text } });
 * const Lower = defineService("lower.v1.Lower", { lower: { input: text, output: text } });
 * const contracts = { upper: Upper, lower: Lower } satisfies RpcContracts;
 * export const cases = defineComponent({
 *   name: "cases",
 *   version: "1.0.0",
 *   rpc: contracts,
 *   setup: () => ({
 *     rpc: {
 *       upper: { upper: (line) => line.toUpperCase() },
 *       lower: { lower: (line) => line.toLowerCase() },
 *     },
 *   }),
 * });
 * ```
 */
export type RpcContracts = ServiceContract | Readonly<Record<string, ServiceContract>>;

/**
 * The implementation of RPC: as the contracts are, of one or of each by its name.
 *
 * @example
 * ```ts
 * import { defineService } from "@shizuku/shizuku/services";
 * import type { RpcImplementation } from "@shizuku/shizuku/component";
 * import { text } from "@shizuku/shizuku/core";
 *
 * const Upper = defineService("upper.v1.Upper", { upper: { input: text, output: text } });
 * const implementation: RpcImplementation<{ upper: typeof Upper }> = {
 *   upper: { upper: (line) => line.toUpperCase() },
 * };
 * ```
 */
export type RpcImplementation<R> = R extends ServiceContract ? Implementation<R>
  : {
    readonly [Name in keyof R]: R[Name] extends ServiceContract ? Implementation<R[Name]> : never;
  };

/**
 * The RPC in what `setup()` returns, where there is a contract.
 *
 * @example
 * ```ts
 * import type { RpcPart } from "@shizuku/shizuku/component";
 * import { defineService } from "@shizuku/shizuku/services";
 * import { text } from "@shizuku/shizuku/core";
 *
 * const Upper = defineService("upper.v1.Upper", { upper: { input: text, output: text } });
 * const part: RpcPart<typeof Upper> = { rpc: { upper: (line) => line.toUpperCase() } };
 * ```
 */
export type RpcPart<R extends RpcContracts | undefined> = [R] extends [undefined]
  ? { readonly rpc?: undefined }
  : { readonly rpc: RpcImplementation<NonNullable<R>> };

/** A contract, and under which name its implementation is; no name for the only one. */
export interface NamedContract {
  /** Name in code. */
  readonly name: string | undefined;
  /** The contract. */
  readonly contract: ServiceContract;
}

/** The contracts of a component, in the order in which they were named. */
export function namedContracts(rpc: RpcContracts | undefined): NamedContract[] {
  if (rpc === undefined) return [];
  if (isContract(rpc)) return [{ name: undefined, contract: rpc }];
  return Object.entries(rpc).map(([name, contract]) => ({ name, contract }));
}

function isContract(rpc: RpcContracts): rpc is ServiceContract {
  return typeof rpc.kind === "string";
}
