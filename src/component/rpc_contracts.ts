import type { Implementation, ServiceContract } from "../services/mod.ts";

/** What RPC a component answers: one contract, or several by the name that its code uses. */
export type RpcContracts = ServiceContract | Readonly<Record<string, ServiceContract>>;

/** The implementation of RPC: as the contracts are, of one or of each by its name. */
export type RpcImplementation<R> = R extends ServiceContract ? Implementation<R>
  : {
    readonly [Name in keyof R]: R[Name] extends ServiceContract ? Implementation<R[Name]> : never;
  };

/** The RPC in what `setup()` returns, where there is a contract. */
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
