import { inNamespace, resourceName } from "../core/mod.ts";
import { hookNames } from "../consumers/definitions.ts";
import type { HookDefinition } from "../consumers/mod.ts";
import { type ServiceContract, serviceInfo } from "../services/mod.ts";
import { hostName, runtimeName } from "./_runtime.ts";
import type { AnyComponent } from "./component.ts";

/**
 * A method of RPC, as a manifest tells it.
 *
 * @example
 * ```ts ignore
 * import { registry } from "@shizuku/shizuku/component";
 *
 * for (const { rpc } of await registry(nc).list()) {
 *   for (const { service, methods } of rpc) {
 *     for (const { name, subject } of methods) console.log(`${service}/${name}`, subject);
 *   }
 * }
 * ```
 */
export interface ManifestMethod {
  /** Name on the wire. */
  readonly name: string;
  /** Subject on which it is called. */
  readonly subject: string;
  /** Content types of its requests, the default first. */
  readonly contentTypes: readonly string[];
  /** Whether calling it changes nothing. */
  readonly noSideEffects: boolean;
}

/**
 * RPC, as a manifest tells it.
 *
 * @example
 * ```ts ignore
 * import { registry } from "@shizuku/shizuku/component";
 *
 * const { contracts } = running;
 * const manifests = await registry(nc).list();
 * const services = manifests.flatMap(({ rpc }) => rpc.map(({ service }) => service));
 * console.log(contracts.filter(({ typeName }) => !services.includes(typeName)));
 * ```
 */
export interface ManifestService {
  /** Full name of the contract. */
  readonly service: string;
  /** Its methods. */
  readonly methods: readonly ManifestMethod[];
}

/**
 * An event, as a manifest tells it.
 *
 * @example What is published, and where
 * ```ts ignore
 * import { registry } from "@shizuku/shizuku/component";
 *
 * for (const { component, events } of await registry(nc).list()) {
 *   for (const { type, subject } of events) console.log(component, type, subject);
 * }
 * ```
 */
export interface ManifestEvent {
  /** Full name of its message; `json` or the like where it is no protobuf. */
  readonly type: string;
  /** Template of its subject, with the namespace: `ticket.created.{ticketId}`. */
  readonly subject: string;
  /** Content type. */
  readonly contentType: string;
}

/**
 * A hook, as a manifest tells it.
 *
 * @example Who hears of a ticket that was opened
 * ```ts ignore
 * import { registry } from "@shizuku/shizuku/component";
 *
 * for (const { component, hooks } of await registry(nc).list()) {
 *   for (const { name, events } of hooks) {
 *     if (events.some(({ subject }) => subject === "ticket.opened.{ticket_id}")) {
 *       console.log(`${component}/${name}`);
 *     }
 *   }
 * }
 * ```
 */
export interface ManifestHook {
  /** Name within its component. */
  readonly name: string;
  /** Name of its consumer. */
  readonly consumer: string;
  /** What it handles. */
  readonly events: readonly ManifestEvent[];
}

/**
 * What a running component says of itself.
 *
 * @example
 * ```ts ignore
 * import { registry } from "@shizuku/shizuku/component";
 *
 * for (const { component, version, host, runtime, startedAt } of await registry(nc).list()) {
 *   console.log(component, version, host, runtime, startedAt);
 * }
 * ```
 */
export interface Manifest {
  /** Name of the component. */
  readonly component: string;
  /** Version of the component. */
  readonly version: string;
  /** For people. */
  readonly description?: string | undefined;
  /** Identifies this instance of it. */
  readonly instance: string;
  /** The machine or container, where the runtime tells it. */
  readonly host?: string | undefined;
  /** The runtime and its version: `Deno 2.9.6`. */
  readonly runtime: string;
  /** When it started, as ISO 8601. */
  readonly startedAt: string;
  /** How long the manifest lives without being refreshed, in milliseconds. */
  readonly ttlMs: number;
  /** RPC that it answers. */
  readonly rpc: readonly ManifestService[];
  /** Events that it publishes. */
  readonly events: readonly ManifestEvent[];
  /** Hooks that it runs. */
  readonly hooks: readonly ManifestHook[];
  /** Streams that it owns. */
  readonly streams: readonly string[];
  /** Buckets that it has declared. */
  readonly buckets: readonly string[];
  /** By what its descriptors are known, if it has some. */
  readonly descriptors?: string | undefined;
}

/** What a manifest tells beside the component itself. */
export interface ManifestOptions {
  /** Namespace of the application. */
  readonly namespace: string | undefined;
  /** How long the manifest lives, in milliseconds. */
  readonly ttlMs: number;
  /** By what its descriptors are known. */
  readonly descriptors: string | undefined;
}

/** Describes an instance of a component. */
export function manifestOf(
  component: AnyComponent,
  hooks: readonly HookDefinition[],
  { namespace, ttlMs, descriptors }: ManifestOptions,
): Manifest {
  const { name, version, description, contracts } = component;
  return {
    component: name,
    version,
    description,
    instance: crypto.randomUUID(),
    host: hostName(),
    runtime: runtimeName(),
    startedAt: new Date().toISOString(),
    ttlMs,
    rpc: contracts.map((contract) => serviceOf(contract, namespace)),
    events: Object.values(component.events).map((event) => eventOf(event, namespace)),
    hooks: hooks.map((hook) => ({
      name: hook.name,
      consumer: resourceName(namespace, name, hook.name),
      events: hook.routes.map((route) => eventOf(route, namespace)),
    })),
    streams: streamsOf(component, hooks, namespace),
    buckets: component.hasRecords ? [resourceName(namespace, name)] : [],
    descriptors,
  };
}

function serviceOf(contract: ServiceContract, namespace: string | undefined): ManifestService {
  const { typeName, methods } = serviceInfo(contract);
  return {
    service: typeName,
    methods: [...methods.values()].map(({ name, input, noSideEffects }) => ({
      name,
      subject: inNamespace(namespace, `rpc.${typeName}.${name}`),
      contentTypes: [...input.keys()],
      noSideEffects,
    })),
  };
}

function eventOf(
  { typeName, subject, codec }: Pick<
    HookDefinition["routes"][number],
    "typeName" | "subject" | "codec"
  >,
  namespace: string | undefined,
): ManifestEvent {
  return {
    type: typeName,
    subject: inNamespace(namespace, subject.template),
    contentType: codec.contentType,
  };
}

function streamsOf(
  { name, events }: AnyComponent,
  hooks: readonly HookDefinition[],
  namespace: string | undefined,
): string[] {
  const { letters, redrives, tries } = hookNames({
    component: name,
    ...(namespace !== undefined && { namespace }),
  });
  return [
    ...(Object.keys(events).length > 0 ? [resourceName(namespace, name)] : []),
    ...(hooks.some(({ durable }) => durable) ? [letters, redrives, tries] : []),
  ];
}
