import { createFileRegistry, type DescService, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { getLogger } from "../core/mod.ts";
import type { ServiceContract, Transport } from "../services/mod.ts";
import { type Expose, isExposed } from "./_expose.ts";
import { readHttpRules } from "./_http_rule.ts";
import { isPublic } from "./is_public.ts";
import type { RpcSource } from "./rpc_options.ts";

/** Options of {@linkcode createGateway}. */
export interface GatewayOptions {
  /** How calls reach the services: `natsTransport(nc)`. */
  readonly transport: Transport;
  /**
   * What may be called from outside.
   * @default {isPublic}
   */
  readonly expose?: Expose;
}

/** Services that a process has no code of, as {@linkcode rpc} takes them. */
export interface Gateway extends RpcSource {
  /**
   * Takes what runs now, in place of what ran before.
   *
   * @param descriptorSets A `google.protobuf.FileDescriptorSet` for each component, with its imports.
   * One that cannot be read is logged and left out; of two services of one name, the last counts.
   */
  update(descriptorSets: Iterable<Uint8Array>): void;
}

/**
 * Makes a gateway to components that this process has no code of, from their descriptors.
 *
 * Nothing is exposed unless its `.proto` marks it by `(shizuku.v1.rpc).public`, or `expose` names it.
 * Methods that stream are left out.
 *
 * @example
 * ```ts ignore
 * const gateway = createGateway({ transport: natsTransport(nc) });
 * app.route("/", rpc(gateway)).route("/", rest(gateway));
 * gateway.update([descriptorSet]);
 * ```
 */
export function createGateway({ transport, expose = isPublic }: GatewayOptions): Gateway {
  let contracts: readonly ServiceContract[] = [];
  return {
    transport,
    isLive: true,
    get contracts() {
      return contracts;
    },
    update(descriptorSets) {
      const services = [...descriptorSets].flatMap((set) => readServices(set, expose));
      contracts = [...new Map(services.map((service) => [service.typeName, service])).values()];
    },
  };
}

function readServices(descriptorSet: Uint8Array, expose: Expose): DescService[] {
  try {
    const types = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
    return [...types].flatMap((type) => type.kind === "service" ? exposedPart(type, expose) : []);
  } catch (error) {
    // One component that describes itself wrongly must not take the others away.
    getLogger(["hono"]).error("Cannot read the descriptors of a component: {error}", { error });
    return [];
  }
}

/** The service with those of its methods that may be called, if there are any. */
function exposedPart(service: DescService, expose: Expose): DescService[] {
  const methods = service.methods.filter(({ methodKind, name }) =>
    methodKind === "unary" && isExposed(expose, { contract: service, name })
  );
  if (methods.length === 0) return [];
  // Read here once, so that a route that cannot be served is this component's fault alone.
  for (const method of methods) readHttpRules(method);
  const method = Object.fromEntries(methods.map((method) => [method.localName, method]));
  return [{ ...service, methods, method }];
}
