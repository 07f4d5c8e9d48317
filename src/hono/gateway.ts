import type { Registry } from "../component/mod.ts";
import type { ServiceContract, Transport } from "../services/mod.ts";
import type { Expose } from "./_expose.ts";
import type { RegistryFollower } from "./_registry_follower.ts";
import { isPublic } from "./is_public.ts";
import type { RpcSource } from "./rpc_options.ts";

/**
 * Options of {@linkcode createGateway}.
 *
 * @example Of an application with a namespace
 * ```ts ignore
 * import { natsTransport } from "@shizuku/shizuku/services";
 * import { registry } from "@shizuku/shizuku/component";
 * import { createGateway } from "@shizuku/shizuku/hono";
 *
 * await using gateway = createGateway(registry(nc, { namespace: "staging" }), {
 *   transport: natsTransport(nc, { prefix: "staging.rpc" }),
 *   expose: ["shop.v1.ShopService"],
 *   signal,
 * });
 * ```
 */
export interface GatewayOptions {
  /**
   * How calls reach the components: `natsTransport(nc)`, for an application with a namespace
   * `natsTransport(nc, { prefix: "<namespace>.rpc" })`.
   */
  readonly transport: Transport;
  /**
   * What may be called from outside.
   * @default {isPublic}
   */
  readonly expose?: Expose;
  /** Ends it, as disposing of it does. */
  readonly signal?: AbortSignal;
}

/**
 * Components that a process has no code of, as {@linkcode rpc} takes them.
 *
 * @example
 * ```ts ignore
 * import { natsTransport } from "@shizuku/shizuku/services";
 * import { registry } from "@shizuku/shizuku/component";
 * import { createGateway, type Gateway } from "@shizuku/shizuku/hono";
 *
 * await using gateway: Gateway = createGateway(registry(nc), { transport: natsTransport(nc) });
 * await gateway.ready;
 * console.log(gateway.contracts.map(({ typeName }) => typeName));
 * ```
 */
export interface Gateway extends RpcSource, AsyncDisposable {
  /** What can be called at this moment; a new array after each change. */
  readonly contracts: readonly ServiceContract[];
  /** Always true. */
  readonly isLive: true;
  /**
   * Resolves when all that ran at the beginning can be called. Until then, and as long as there is
   * no connection, it serves what it knows.
   */
  readonly ready: Promise<void>;
}

/**
 * Makes a gateway to components that this process has no code of: it learns from the registry which
 * run, reads their descriptors and follows them as they come, change and go.
 *
 * Nothing is exposed unless its `.proto` marks it by `(shizuku.v1.rpc).public`, or `expose` names it.
 * Several versions may run at once: of a method that they share, the newest one's descriptor counts.
 * A component whose descriptors cannot be read, or a method that cannot be served, is left out and
 * logged (category `shizuku.hono`); the others do not notice. Code-first contracts have no
 * descriptors, and are not served.
 *
 * @param components What `registry(nc)` of the component module gives.
 * @example Everything that is public, from one process
 * ```ts ignore
 * await using gateway = createGateway(registry(nc), { transport: natsTransport(nc) });
 * await gateway.ready;
 * const app = new Hono()
 *   .route("/", rpc(gateway))
 *   .route("/", rest(gateway))
 *   .route("/", reference(() => openapi(gateway)));
 * ```
 */
export function createGateway(
  components: Pick<Registry, "watch" | "descriptors">,
  { transport, expose = isPublic, signal }: GatewayOptions,
): Gateway {
  const end = new AbortController();
  const stop = () => end.abort(signal?.reason);
  if (signal?.aborted) stop();
  else signal?.addEventListener("abort", stop, { once: true });
  let follower: RegistryFollower | undefined;
  const follow = async () => {
    const { RegistryFollower } = await import("./_registry_follower.ts");
    return follower = new RegistryFollower(components, { expose, signal: end.signal });
  };
  const following = follow();
  return {
    transport,
    isLive: true,
    ready: following.then(({ ready }) => ready),
    get contracts() {
      return follower?.services ?? NOTHING;
    },
    async [Symbol.asyncDispose]() {
      signal?.removeEventListener("abort", stop);
      end.abort();
      await (await following).ended;
    },
  };
}

/** The same each time, as a new array means a change. */
const NOTHING: readonly ServiceContract[] = [];
