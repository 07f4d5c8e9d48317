import { hookNames, subjectsOverlap } from "../consumers/definitions.ts";
import { serviceInfo } from "../services/mod.ts";
import { declaredHooksOf, type OwnedHook } from "./_component_hooks.ts";
import type { AnyComponent } from "./component.ts";

/** Subjects and names that this library has for itself, in each namespace. */
const RESERVED_SUBJECTS = ["rpc.*.>", "dead.*.*.>", "redrive.*.*.>", "tries.*.*.>"];
const RESERVED_NAMES = ["locks", "registry", "descriptors"];

/**
 * Checks that components do not get in each other's way, or in that of this library.
 *
 * @throws {TypeError} If two have a name, a subject, a stream, a consumer or an RPC contract in
 * common; all are named.
 */
export function checkClashes(components: readonly AnyComponent[]): void {
  refuse(nameClashes(components));
  refuse([
    ...subjectClashes(components),
    ...streamClashes(components),
    ...hookClashes(declaredHooksOf(components)),
    ...rpcClashes(components),
  ]);
}

/** Refuses hooks that would have one consumer, those from `setup()` included. */
export function checkHooks(hooks: readonly OwnedHook[]): void {
  refuse(hookClashes(hooks));
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new TypeError(`Cannot start: ${problems.join("; ")}`);
}

function nameClashes(components: readonly AnyComponent[]): string[] {
  const names = components.map(({ name }) => name);
  return [
    ...duplicates(names).map((name) => `two components are named ${name}`),
    ...names.filter((name) => RESERVED_NAMES.includes(name))
      .map((name) => `no component can be named ${name}`),
  ];
}

function subjectClashes(components: readonly AnyComponent[]): string[] {
  const events = components.flatMap(({ name, events }) =>
    Object.entries(events).map(([key, event]) => ({
      of: `event ${key} of ${name}`,
      filter: event.subject.filter,
    }))
  );
  const pairs = events.flatMap((one, index) =>
    events.slice(index + 1).filter(({ filter }) => subjectsOverlap(one.filter, filter))
      .map((other) => `${one.of} (${one.filter}) overlaps with ${other.of} (${other.filter})`)
  );
  const reserved = events.flatMap(({ of, filter }) =>
    RESERVED_SUBJECTS.filter((subject) => subjectsOverlap(filter, subject))
      .map((subject) => `${of} (${filter}) overlaps with ${subject}, which is reserved`)
  );
  return [...pairs, ...reserved];
}

function streamClashes(components: readonly AnyComponent[]): string[] {
  const streams = components.flatMap((component) => {
    const { name, events } = component;
    const { letters, redrives, tries } = hookNames({ component: name });
    return [
      ...(Object.keys(events).length > 0 ? [{ stream: name, of: `the events of ${name}` }] : []),
      // Hooks may come from setup(), records may be opened there.
      ...[letters, redrives, tries].map((stream) => ({ stream, of: `the hooks of ${name}` })),
      { stream: `KV_${name}`, of: `the records of ${name}` },
    ];
  });
  return duplicates(streams.map(({ stream }) => stream)).map((stream) => {
    const users = streams.filter((other) => other.stream === stream).map(({ of }) => of);
    return `stream ${stream} would be that of ${users.join(" and of ")}`;
  });
}

function hookClashes(hooks: readonly OwnedHook[]): string[] {
  const consumers = hooks.map(({ component, hook }) => ({
    consumer: `${component.name}_${hook.name}`,
    of: `hook ${hook.name} of ${component.name}`,
  }));
  return duplicates(consumers.map(({ consumer }) => consumer)).map((consumer) => {
    const users = consumers.filter((other) => other.consumer === consumer).map(({ of }) => of);
    return `consumer ${consumer} would be that of ${users.join(" and of ")}`;
  });
}

function rpcClashes(components: readonly AnyComponent[]): string[] {
  const services = components.flatMap(({ name, contracts }) =>
    contracts.map((contract) => ({ name, service: serviceInfo(contract).typeName }))
  );
  return duplicates(services.map(({ service }) => service)).map((service) => {
    const users = services.filter((other) => other.service === service).map(({ name }) => name);
    return `RPC ${service} is that of ${users.join(" and of ")}`;
  });
}

function duplicates(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
