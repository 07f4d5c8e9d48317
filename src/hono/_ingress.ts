import type { ServiceContract } from "../services/mod.ts";
import { checkSettings, type RpcSettings } from "./_check_settings.ts";
import { DisconnectWatch } from "./_disconnect_watch.ts";
import { createInvoke, type Invoke } from "./_invoke.ts";
import { toSource } from "./_to_source.ts";
import type { RpcOptions, RpcSource } from "./rpc_options.ts";

/** What all calls that come in through one sub-app share, whatever their protocol. */
export interface Ingress {
  readonly source: RpcSource;
  readonly settings: RpcSettings;
  readonly invoke: Invoke;
  readonly watch: DisconnectWatch;
}

/** Checks the options, and makes what the calls share. */
export function createIngress(
  served: RpcSource | ServiceContract | readonly ServiceContract[],
  options: RpcOptions,
): Ingress {
  const settings = checkSettings(options);
  const source = toSource(served, options.transport);
  return { source, settings, invoke: createInvoke(source, settings), watch: new DisconnectWatch() };
}
