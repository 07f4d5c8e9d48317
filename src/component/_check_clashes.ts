import { hookNames, subjectsOverlap } from "../consumers/definitions.ts";
import { declaredHooksOf, type OwnedHook } from "./_component_hooks.ts";
import { OWN_BUCKETS } from "./_own_buckets.ts";
import type { AnyComponent } from "./component.ts";

/** Subjects that this library has for itself, in each namespace. */
const RESERVED_SUBJECTS = ["rpc.*.>", "dead.*.*.>", "redrive.*.*.>", "tries.*.*.>"];

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
    ...clashes("would be", streamClaims(components)),
    ...hookClashes(declaredHooksOf(components)),
    ...clashes("is", rpcClaims(components)),
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
    ...names.filter((name) => Object.values<string>(OWN_BUCKETS).includes(name))
      .map((name) => `no component can be named ${name}`),
  ];
}

function subjectClashes(components: readonly AnyComponent[]): string[] {
  const events = components.flatMap(({ name, events }) =>
    Object.entries(events).map(([key, { subject: { filter } }]) => ({
      filter,
      says: `event ${key} of ${name} (${filter})`,
    }))
  );
  const reserved = RESERVED_SUBJECTS.map((filter) => ({
    filter,
    says: `${filter}, which is reserved`,
  }));
  return events.flatMap((one, index) =>
    [...events.slice(index + 1), ...reserved]
      .filter(({ filter }) => subjectsOverlap(one.filter, filter))
      .map(({ says }) => `${one.says} overlaps with ${says}`)
  );
}

/** What one alone may have, and who has it. */
type Claim = readonly [what: string, by: string];

function clashes(verb: string, claims: readonly Claim[]): string[] {
  return duplicates(claims.map(([what]) => what)).map((what) => {
    const users = claims.filter(([other]) => other === what).map(([, by]) => by);
    return `${what} ${verb} that of ${users.join(" and of ")}`;
  });
}

function duplicates(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

function streamClaims(components: readonly AnyComponent[]): Claim[] {
  return components.flatMap(({ name, events }) => {
    const { letters, redrives, tries } = hookNames({ component: name });
    const streams: Claim[] = [
      // Hooks may come from setup(), records may be opened there.
      ...[letters, redrives, tries].map((stream): Claim => [stream, `the hooks of ${name}`]),
      [`KV_${name}`, `the records of ${name}`],
    ];
    if (Object.keys(events).length > 0) streams.unshift([name, `the events of ${name}`]);
    return streams.map(([stream, by]): Claim => [`stream ${stream}`, by]);
  });
}

function hookClashes(hooks: readonly OwnedHook[]): string[] {
  return clashes(
    "would be",
    hooks.map(({ component: { name }, hook }) => [
      `consumer ${name}_${hook.name}`,
      `hook ${hook.name} of ${name}`,
    ]),
  );
}

function rpcClaims(components: readonly AnyComponent[]): Claim[] {
  return components.flatMap(({ name, contracts }) =>
    contracts.map(({ typeName }): Claim => [`RPC ${typeName}`, name])
  );
}
