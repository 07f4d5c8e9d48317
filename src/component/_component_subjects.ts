import { hookNames, subjectsOverlap } from "../consumers/definitions.ts";
import type { HookDefinition } from "../consumers/mod.ts";
import { inNamespace, resourceName } from "../core/mod.ts";
import { bucketSubjects } from "../kv/mod.ts";
import { type ServiceContract, serviceInfo } from "../services/mod.ts";
import { declaredHooks } from "./_component_hooks.ts";
import { messageOf } from "./_descriptors.ts";
import { locksBucket, placeOf } from "./_place.ts";
import { registryBuckets } from "./_registry_buckets.ts";
import type { AnyComponent } from "./component.ts";

/** Subjects on which is published, and which are listened to; with wildcards. */
export interface SubjectLists {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** Where components are. */
export interface SubjectPlace {
  readonly namespace: string | undefined;
  /** Components among which the streams of hooked events are found. */
  readonly known: readonly AnyComponent[];
}

const API = "$JS.API";
const NONE: SubjectLists = { publish: [], subscribe: [] };

/** Joins lists; each subject once, in order. */
export function joinLists(...lists: readonly SubjectLists[]): SubjectLists {
  const join = (key: keyof SubjectLists) => [...new Set(lists.flatMap((list) => list[key]))].sort();
  return { publish: join("publish"), subscribe: join("subscribe") };
}

const publishing = (...publish: string[]): SubjectLists => ({ publish, subscribe: [] });
const subscribing = (...subscribe: string[]): SubjectLists => ({ publish: [], subscribe });

/** What it takes to see that all is there that a component needs. */
export function checkSubjects(component: AnyComponent, place: SubjectPlace): SubjectLists {
  return joinLists(
    publishing(...neededStreams(component, place).map((stream) => `${API}.STREAM.INFO.${stream}`)),
    keeperSubjects(component, place),
    ...declaredHooks(component).map((hook) => hookChecks(component, hook, place)),
  );
}

/** The streams that a component needs, those behind buckets included. */
function neededStreams(component: AnyComponent, { namespace }: SubjectPlace): string[] {
  const { manifests, descriptors } = registryBuckets(namespace);
  const own = resourceName(namespace, component.name);
  const buckets = [locksBucket({ namespace }).name, manifests.name, descriptors.name];
  if (component.hasRecords) buckets.push(own);
  const streams = buckets.map((bucket) => bucketSubjects(bucket).stream);
  return hasEvents(component) ? [...streams, own] : streams;
}

function hasEvents({ events }: AnyComponent): boolean {
  return Object.keys(events).length > 0;
}

/** The keeper of schedules is looked for where there may be schedules. */
function keeperSubjects(
  { name, stream }: AnyComponent,
  { namespace }: SubjectPlace,
): SubjectLists {
  if (!stream.allowSchedules) return NONE;
  return publishing(`${API}.CONSUMER.INFO.${resourceName(namespace, name)}.schedules-keeper`);
}

function hookChecks(
  component: AnyComponent,
  hook: HookDefinition,
  place: SubjectPlace,
): SubjectLists {
  if (!hook.durable) return publishing(`${API}.STREAM.NAMES`);
  const { durable, names } = durableOf(component, hook, place);
  return publishing(
    `${API}.STREAM.NAMES`,
    ...streamsOf(hook, place).map((stream) => `${API}.CONSUMER.INFO.${stream}.${durable}`),
    ...[names.letters, names.redrives, names.tries].map((name) => `${API}.STREAM.INFO.${name}`),
    `${API}.CONSUMER.INFO.${names.redrives}.${durable}`,
  );
}

/** What a component does that is set up: it publishes, reads, writes, watches and locks. */
export function setUpSubjects(component: AnyComponent, place: SubjectPlace): SubjectLists {
  const { namespace } = place;
  const { name, events, stream, hasRecords } = component;
  const filters = Object.values(events).map(({ subject }) =>
    inNamespace(namespace, subject.filter)
  );
  const schedules = Object.values(events).map(({ subject }) =>
    inNamespace(namespace, `schedule.${subject.filter}${subject.filter.endsWith(">") ? "" : ".*"}`)
  );
  return joinLists(
    publishing(...filters),
    stream.allowSchedules && schedules.length > 0
      ? publishing(...schedules, `${API}.STREAM.PURGE.${resourceName(namespace, name)}`)
      : NONE,
    hasRecords ? recordSubjects(resourceName(namespace, name), ">") : NONE,
    lockSubjects(name, namespace),
  );
}

function recordSubjects(bucket: string, keys: string): SubjectLists {
  const { keys: prefix } = bucketSubjects(bucket);
  return joinLists(publishing(prefix + keys), readSubjects(bucket), watchSubjects(bucket));
}

function readSubjects(bucket: string): SubjectLists {
  const { stream, keys } = bucketSubjects(bucket);
  return publishing(
    `${API}.STREAM.INFO.${stream}`,
    `${API}.STREAM.MSG.GET.${stream}`,
    `${API}.DIRECT.GET.${stream}`,
    `${API}.DIRECT.GET.${stream}.${keys}>`,
  );
}

function watchSubjects(bucket: string): SubjectLists {
  const { stream, keys } = bucketSubjects(bucket);
  return publishing(
    `${API}.STREAM.INFO.${stream}`,
    `${API}.STREAM.MSG.GET.${stream}`,
    `${API}.CONSUMER.CREATE.${stream}.*.${keys}>`,
    `${API}.CONSUMER.DELETE.${stream}.*`,
    `${API}.CONSUMER.MSG.NEXT.${stream}.*`,
  );
}

/** All locks are in one bucket; each component has its own keys of each kind. */
function lockSubjects(component: string, namespace: string | undefined): SubjectLists {
  const { stream, keys, pushes } = bucketSubjects(locksBucket({ namespace }).name);
  const own = `*.${component}.>`;
  return {
    publish: [
      keys + own,
      `${API}.STREAM.INFO.${stream}`,
      `${API}.STREAM.MSG.GET.${stream}`,
      `${API}.DIRECT.GET.${stream}.${keys}${own}`,
    ],
    subscribe: [pushes + own],
  };
}

/** What a component does that runs: it answers, reacts and reports itself. */
export function runSubjects(component: AnyComponent, place: SubjectPlace): SubjectLists {
  const prefix = inNamespace(place.namespace, "rpc");
  return joinLists(
    ...component.contracts.map((contract) => serviceSubjects(contract, prefix)),
    ...declaredHooks(component).map((hook) => hookSubjects(component, hook, place)),
    reportSubjects(component, place),
  );
}

function serviceSubjects(contract: ServiceContract, prefix: string): SubjectLists {
  const { typeName, methods } = serviceInfo(contract);
  const name = typeName.replaceAll(".", "-");
  return subscribing(
    ...[...methods.keys()].map((method) => `${prefix}.${typeName}.${method}`),
    `${prefix}._cancel.${typeName}`,
    ...["PING", "INFO", "STATS"].flatMap((verb) => [
      `$SRV.${verb}`,
      `$SRV.${verb}.${name}`,
      `$SRV.${verb}.${name}.*`,
    ]),
  );
}

/** What it takes to call the methods of a contract. */
export function callSubjects(contract: ServiceContract, prefix: string): SubjectLists {
  const { typeName, methods } = serviceInfo(contract);
  return publishing(
    ...[...methods.keys()].map((method) => `${prefix}.${typeName}.${method}`),
    `${prefix}._cancel.${typeName}`,
  );
}

function hookSubjects(
  component: AnyComponent,
  hook: HookDefinition,
  place: SubjectPlace,
): SubjectLists {
  const streams = streamsOf(hook, place);
  const lists = streams.map((stream) => [`${API}.STREAM.INFO.${stream}`]);
  if (!hook.durable) {
    const filters = hookFilters(hook, place);
    const filter = filters.length === 1 ? `.${filters[0]}` : "";
    return publishing(
      `${API}.STREAM.NAMES`,
      ...lists.flat(),
      ...streams.flatMap((stream) => [
        `${API}.CONSUMER.CREATE.${stream}.*${filter}`,
        `${API}.CONSUMER.DELETE.${stream}.*`,
        `${API}.CONSUMER.INFO.${stream}.*`,
        `${API}.CONSUMER.MSG.NEXT.${stream}.*`,
        `$JS.ACK.${stream}.*.>`,
      ]),
    );
  }
  const { durable, names } = durableOf(component, hook, place);
  return publishing(
    `${API}.STREAM.NAMES`,
    ...lists.flat(),
    ...[...streams, names.redrives].flatMap((stream) => [
      `${API}.CONSUMER.INFO.${stream}.${durable}`,
      `${API}.CONSUMER.MSG.NEXT.${stream}.${durable}`,
      `$JS.ACK.${stream}.${durable}.>`,
    ]),
    names.letter(hook.name, ">"),
    names.tried(hook.name, ">"),
    `${API}.STREAM.MSG.GET.${names.tries}`,
    `${API}.STREAM.PURGE.${names.letters}`,
  );
}

/** An instance writes what it is; one with descriptors compares them with those of others. */
function reportSubjects(component: AnyComponent, { namespace }: SubjectPlace): SubjectLists {
  const { manifests, descriptors } = registryBuckets(namespace);
  const report = publishing(`${bucketSubjects(manifests.name).keys}${component.name}.*`);
  if (!hasDescriptors(component)) return report;
  return joinLists(
    report,
    publishing(`${bucketSubjects(descriptors.name).keys}*`),
    watchSubjects(manifests.name),
    readSubjects(descriptors.name),
  );
}

function hasDescriptors(component: AnyComponent): boolean {
  const codecs = [
    ...Object.values(component.events).map(({ codec }) => codec),
    ...declaredHooks(component).flatMap(({ routes }) => routes.map(({ codec }) => codec)),
  ];
  return component.contracts.some((contract) => contract.kind === "service") ||
    codecs.some((codec) => messageOf(codec) !== undefined);
}

/** What it takes to make what a component needs, and to bring it to what is wanted. */
export function provisionSubjects(component: AnyComponent, place: SubjectPlace): SubjectLists {
  const streams = neededStreams(component, place);
  return joinLists(
    checkSubjects(component, place),
    publishing(...streams.flatMap((stream) => ensureStreamSubjects(stream))),
    hasEvents(component) ? publishing(`${API}.STREAM.LIST`) : NONE,
    component.stream.allowSchedules ? keeperCreation(component, place) : NONE,
    ...declaredHooks(component).filter(({ durable }) => durable).map((hook) =>
      hookCreation(component, hook, place)
    ),
  );
}

function ensureStreamSubjects(stream: string): string[] {
  return ["INFO", "CREATE", "UPDATE"].map((verb) => `${API}.STREAM.${verb}.${stream}`);
}

function keeperCreation({ name }: AnyComponent, { namespace }: SubjectPlace): SubjectLists {
  const create = `${API}.CONSUMER.CREATE.${resourceName(namespace, name)}.schedules-keeper`;
  return publishing(create, `${create}.>`);
}

function hookCreation(
  component: AnyComponent,
  hook: HookDefinition,
  place: SubjectPlace,
): SubjectLists {
  const { durable, names } = durableOf(component, hook, place);
  const filters = hookFilters(hook, place);
  // One filter stands in the subject, so that the server can hold a user to it.
  const filter = filters.length === 1 ? `.${filters[0]}` : "";
  const streams = streamsOf(hook, place);
  return publishing(
    ...streams.flatMap((stream) => [
      `${API}.STREAM.INFO.${stream}`,
      `${API}.CONSUMER.CREATE.${stream}.${durable}${filter}`,
    ]),
    ...[names.letters, names.redrives, names.tries].flatMap((name) => ensureStreamSubjects(name)),
    `${API}.CONSUMER.CREATE.${names.redrives}.${durable}.${names.redrive(hook.name, ">")}`,
  );
}

function durableOf({ name }: AnyComponent, hook: HookDefinition, { namespace }: SubjectPlace) {
  return {
    durable: resourceName(namespace, name, hook.name),
    names: hookNames(placeOf({ name } as AnyComponent, { namespace })),
  };
}

function hookFilters({ filters }: HookDefinition, { namespace }: SubjectPlace): string[] {
  return filters.map((filter) => inNamespace(namespace, filter));
}

/** The streams that hold what a hook handles, by the components that own the events; else any. */
function streamsOf({ filters }: HookDefinition, { known, namespace }: SubjectPlace): string[] {
  const owners = known.filter(({ events }) =>
    Object.values(events).some(({ subject }) =>
      filters.some((filter) => subjectsOverlap(filter, subject.filter))
    )
  );
  return owners.length === 0 ? ["*"] : owners.map(({ name }) => resourceName(namespace, name));
}
