/**
 * What the NATS users of components must be allowed, made from their definitions.
 *
 * @example The allow lists of a component, as a server's configuration
 * ```ts
 * import { defineComponent } from "@shizuku/shizuku/component";
 * import { permissions } from "@shizuku/shizuku/component/permissions";
 *
 * const clock = defineComponent({ name: "clock", version: "1.0.0", setup: () => ({}) });
 * console.log(permissions(clock).toConfig());
 * ```
 * @see https://docs.nats.io/running-a-nats-service/configuration/securing_nats/authorization
 *
 * @module
 */
import { inNamespace } from "../core/mod.ts";
import type { ServiceContract } from "../services/mod.ts";
import {
  answerSubjects,
  callSubjects,
  checkSubjects,
  provisionSubjects,
  pushSubject,
  runSubjects,
  setUpSubjects,
  type SubjectPlace,
} from "./_component_subjects.ts";
import type { AnyComponent } from "./component.ts";

/**
 * Replies that may be sent to whoever has asked.
 *
 * @example
 * ```ts
 * import { defineComponent } from "@shizuku/shizuku/component";
 * import { permissions } from "@shizuku/shizuku/component/permissions";
 *
 * const { responses } = permissions(
 *   defineComponent({ name: "clock", version: "1.0.0", setup: () => ({}) }),
 * );
 * console.log(responses); // undefined
 * ```
 */
export interface ResponsePermission {
  /** How many to one request. */
  readonly max: number;
  /** For how long after the request, in milliseconds. */
  readonly expiresMs: number;
}

/**
 * What a user of NATS must be allowed; all else may be refused.
 *
 * @example
 * ```ts
 * import { defineComponent } from "@shizuku/shizuku/component";
 * import { type Permissions, permissions } from "@shizuku/shizuku/component/permissions";
 *
 * const clock = defineComponent({ name: "clock", version: "1.0.0", setup: () => ({}) });
 * const { subscribe, toConfig, toJwt }: Permissions = permissions(clock);
 * console.log(subscribe.includes("_INBOX.>")); // true
 * ```
 */
export interface Permissions {
  /** Subjects to publish on, with wildcards, in order. */
  readonly publish: readonly string[];
  /** Subjects to subscribe to, with wildcards, in order. */
  readonly subscribe: readonly string[];
  /** Replies to requests, where there is RPC to answer. */
  readonly responses: ResponsePermission | undefined;
  /** As the value of `permissions` of a user in the configuration of nats-server. */
  toConfig(): string;
  /** As a part of a user's JWT, for `encodeUser()` of `@nats-io/jwt` and for `nsc`. */
  toJwt(): JwtPermissions;
}

/**
 * Permissions as they stand in a user's JWT.
 *
 * @example
 * ```ts ignore
 * import { permissions } from "@shizuku/shizuku/component/permissions";
 * import { encodeUser } from "@nats-io/jwt";
 *
 * const { pub, sub } = permissions(ticket, { inboxPrefix: "_INBOX_ticket" }).toJwt();
 * const jwt = await encodeUser("ticket", userKey, accountKey, { pub, sub });
 * ```
 */
export interface JwtPermissions {
  /** Publishing. */
  readonly pub: { readonly allow: string[] };
  /** Subscribing. */
  readonly sub: { readonly allow: string[] };
  /** Replies; their time to live is in nanoseconds. */
  readonly resp?: { readonly max: number; readonly ttl: number };
}

/**
 * Where components are, and under which prefix their user's inboxes.
 *
 * @example
 * ```ts ignore
 * import { callerPermissions } from "@shizuku/shizuku/component/permissions";
 *
 * const { publish } = callerPermissions(TicketService, {
 *   namespace: "staging",
 *   inboxPrefix: "_INBOX_web",
 * });
 * ```
 */
export interface PermissionOptions {
  /** Namespace of the application. */
  readonly namespace?: string;
  /**
   * Prefix of the user's inboxes, as `connect()` is told it. Whoever may subscribe to `_INBOX.>`
   * reads the replies to all others who have no prefix of their own.
   * @default {"_INBOX"}
   */
  readonly inboxPrefix?: string;
}

/**
 * Options of {@linkcode permissions} and {@linkcode provisionPermissions}.
 *
 * @example
 * ```ts ignore
 * import { permissions } from "@shizuku/shizuku/component/permissions";
 *
 * const rights = permissions(notify, {
 *   components: [user, ticket, notify],
 *   inboxPrefix: "_INBOX_notify",
 *   responseMs: 10_000,
 * });
 * ```
 */
export interface ComponentPermissionOptions extends PermissionOptions {
  /**
   * All components of the application. The events that are hooked are in the streams of some of
   * these; of those that nobody here owns, consumers may be used by their names in any stream.
   */
  readonly components?: readonly AnyComponent[];
  /**
   * For how long after a request it may be answered, in milliseconds.
   * @default {120000}
   */
  readonly responseMs?: number;
}

/**
 * Tells what the user of a process must be allowed in which components run, started by
 * `createApp({ provision: false })`: all that they declare, and what the components that they use
 * need to share. Hooks and records that only `setup()` makes are not known.
 *
 * @param components The component, or those that run in one process.
 * @example A user of the server's configuration
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { defineComponent } from "@shizuku/shizuku/component";
 * import { permissions } from "@shizuku/shizuku/component/permissions";
 * import { defineEvent } from "@shizuku/shizuku/consumers";
 *
 * const opened = defineEvent(json<{ id: string }>(), { subject: "desk.opened.{id}" });
 * const desk = defineComponent({
 *   name: "desk",
 *   version: "1.0.0",
 *   events: { opened },
 *   setup: () => ({}),
 * });
 * const { publish, toConfig } = permissions(desk, { inboxPrefix: "_INBOX_desk" });
 * console.log(publish.includes("desk.opened.*")); // true
 * console.log(`users = [ { user: desk, password: $DESK, permissions: ${toConfig()} } ]`);
 * ```
 * @see docs/security.md
 */
export function permissions(
  components: AnyComponent | readonly AnyComponent[],
  options: ComponentPermissionOptions = {},
): Permissions {
  const running = listOf(components);
  const setUp = withUsed(running);
  const place = placeOf(setUp, options);
  const publish = [
    ...setUp.flatMap((each) => [...checkSubjects(each, place), ...setUpSubjects(each, place)]),
    ...running.flatMap((each) => runSubjects(each, place)),
  ];
  const prefix = inNamespace(options.namespace, "rpc");
  const answers = running.flatMap(({ contracts }) => contracts)
    .flatMap((contract) => answerSubjects(contract, prefix));
  const subscribe = [
    ...setUp.map((each) => pushSubject(each, place)),
    ...answers,
    inboxOf(options),
  ];
  const { responseMs = 120_000 } = options;
  const responses = answers.length > 0 ? { max: 1, expiresMs: responseMs } : undefined;
  return toPermissions(publish, subscribe, responses);
}

/**
 * Tells what the user must be allowed who provisions components: `provision(nc, components)`, or, with
 * {@linkcode joinPermissions}, an application that does so by itself.
 *
 * @example
 * ```ts ignore
 * const rights = joinPermissions(permissions(all), provisionPermissions(all));
 * ```
 */
export function provisionPermissions(
  components: AnyComponent | readonly AnyComponent[],
  options: ComponentPermissionOptions = {},
): Permissions {
  const all = listOf(components);
  const place = placeOf(all, options);
  const publish = all.flatMap((each) => provisionSubjects(each, place));
  return toPermissions(publish, [inboxOf(options)]);
}

/**
 * Tells what the user of a caller must be allowed: to call the methods of contracts, to give up a
 * call, and to hear the replies.
 *
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { callerPermissions } from "@shizuku/shizuku/component/permissions";
 * import { defineService } from "@shizuku/shizuku/services";
 *
 * const MathService = defineService("math.v1.MathService", {
 *   twice: { input: json<number>(), output: json<number>() },
 * });
 * console.log(callerPermissions(MathService).publish);
 * // [ "rpc._cancel.math.v1.MathService", "rpc.math.v1.MathService.twice" ]
 * ```
 */
export function callerPermissions(
  contracts: ServiceContract | readonly ServiceContract[],
  options: PermissionOptions = {},
): Permissions {
  const prefix = inNamespace(options.namespace, "rpc");
  const all = "kind" in contracts ? [contracts] : contracts;
  const publish = all.flatMap((contract) => callSubjects(contract, prefix));
  return toPermissions(publish, [inboxOf(options)]);
}

/**
 * Joins permissions, for one user who does several things.
 *
 * @example One user that serves and provisions
 * ```ts
 * import { defineComponent } from "@shizuku/shizuku/component";
 * import {
 *   joinPermissions,
 *   permissions,
 *   provisionPermissions,
 * } from "@shizuku/shizuku/component/permissions";
 *
 * const clock = defineComponent({ name: "clock", version: "1.0.0", setup: () => ({}) });
 * const all = joinPermissions(permissions(clock), provisionPermissions(clock));
 * console.log(all.subscribe.includes("_INBOX.>")); // true
 * ```
 */
export function joinPermissions(...all: readonly Permissions[]): Permissions {
  const responses = all.flatMap(({ responses }) => responses ?? []);
  const most = responses.length === 0 ? undefined : {
    max: Math.max(...responses.map(({ max }) => max)),
    expiresMs: Math.max(...responses.map(({ expiresMs }) => expiresMs)),
  };
  const join = (key: "publish" | "subscribe") => all.flatMap((each) => each[key]);
  return toPermissions(join("publish"), join("subscribe"), most);
}

function listOf(components: AnyComponent | readonly AnyComponent[]): readonly AnyComponent[] {
  return "setup" in components ? [components] : components;
}

/** Components, and those that they use: these are set up in the same process. */
function withUsed(components: readonly AnyComponent[]): readonly AnyComponent[] {
  const found = new Set<AnyComponent>();
  const add = (component: AnyComponent) => {
    if (found.has(component)) return;
    found.add(component);
    for (const used of Object.values(component.uses)) add(used);
  };
  for (const component of components) add(component);
  return [...found];
}

function placeOf(
  own: readonly AnyComponent[],
  { namespace, components = [] }: ComponentPermissionOptions,
): SubjectPlace {
  return { namespace, known: [...new Set([...own, ...components])] };
}

function inboxOf({ inboxPrefix = "_INBOX" }: PermissionOptions): string {
  return `${inboxPrefix}.>`;
}

function toPermissions(
  published: readonly string[],
  subscribed: readonly string[],
  responses?: ResponsePermission,
): Permissions {
  const [publish, subscribe] = [published, subscribed].map((subjects) =>
    [...new Set(subjects)].sort()
  ) as [string[], string[]];
  return {
    publish,
    subscribe,
    responses,
    toConfig: () => toConfig(publish, subscribe, responses),
    toJwt: () => ({
      pub: { allow: [...publish] },
      sub: { allow: [...subscribe] },
      ...(responses && { resp: { max: responses.max, ttl: responses.expiresMs * 1_000_000 } }),
    }),
  };
}

function toConfig(
  publish: readonly string[],
  subscribe: readonly string[],
  responses: ResponsePermission | undefined,
): string {
  const list = (subjects: readonly string[]) =>
    subjects.length === 0
      ? `{ deny: ">" }`
      : `{\n    allow: [\n${subjects.map((each) => `      "${each}"`).join("\n")}\n    ]\n  }`;
  const lines = [
    `  publish: ${list(publish)}`,
    `  subscribe: ${list(subscribe)}`,
    ...(responses
      ? [`  allow_responses: { max: ${responses.max}, expires: "${responses.expiresMs}ms" }`]
      : []),
  ];
  return `{\n${lines.join("\n")}\n}`;
}
