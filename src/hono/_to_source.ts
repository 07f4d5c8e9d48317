import type { ServiceContract, Transport } from "../services/mod.ts";
import type { RpcSource } from "./rpc_options.ts";

/**
 * Brings what can be served into one form.
 *
 * @param transport In place of the source's own.
 * @throws {TypeError} If there is no transport.
 */
export function toSource(
  served: RpcSource | ServiceContract | readonly ServiceContract[],
  transport: Transport | undefined,
): RpcSource {
  if ("contracts" in served) {
    if (transport === undefined) return served;
    return {
      get contracts() {
        return served.contracts;
      },
      transport,
      isLive: served.isLive,
    };
  }
  if (transport === undefined) {
    throw new TypeError(
      "Cannot serve contracts as the option transport must say how to reach them",
    );
  }
  return { contracts: Array.isArray(served) ? served : [served as ServiceContract], transport };
}
