import { hookNames, subjectsOverlap } from "../consumers/definitions.ts";
import type { HookDefinition } from "../consumers/mod.ts";
import { inNamespace, resourceName } from "../core/mod.ts";
import { bucketSubjects } from "../kv/mod.ts";
import { type ServiceContract, serviceInfo } from "../services/mod.ts";
import { declaredHooks } from "./_component_hooks.ts";
import { messageOf } from "./_message_of.ts";
import { OWN_BUCKETS } from "./_own_buckets.ts";
import type { AnyComponent } from "./component.ts";

/** Where components are. */
export interface SubjectPlace {
  readonly namespace: string | undefined;
  /** Components among which the streams of hooked events are found. */
  readonly known: readonly AnyComponent[];
}

const API = "$JS.API";
const STREAM_NAMES = `${API}.STREAM.NAMES`;

const ofStream = (verb: string, stream: string): string => `${API}.STREAM.${verb}.${stream}`;
const ofConsumer = (verb: string, stream: string, consumer: string): string =>
  `${API}.CONSUMER.${verb}.${stream}.${consumer}`;

/** On which it publishes to see that all is there that a component needs. */
export function checkSubjects(component: AnyComponent, place: SubjectPlace): string[] {
  return [
    ...neededStreams(component, place).map((stream) => ofStream("INFO", stream)),
    ...keeperSubjects(component, place, "INFO"),
    ...hooksOf(component, place).flatMap(hookChecks),
  ];
}

/** The streams that a component needs, those behind buckets included. */
function neededStreams(component: AnyComponent, { namespace }: SubjectPlace): string[] {
  const own = resourceName(namespace, component.name);
  const buckets = Object.values(OWN_BUCKETS).map((name) => resourceName(namespace, name));
  if (component.hasRecords) buckets.push(own);
  const streams = buckets.map((bucket) => bucketSubjects(bucket).stream);
  return hasEvents(component) ? [...streams, own] : streams;
}

function hasEvents({ events }: AnyComponent): boolean {
  return Object.keys(events).length > 0;
}

/** The keeper of schedules is where there may be schedules. */
function keeperSubjects(
  { name, stream }: AnyComponent,
  { namespace }: SubjectPlace,
  verb: string,
): string[] {
  if (!stream.allowSchedules) return [];
  return [ofConsumer(verb, resourceName(namespace, name), "schedules-keeper")];
}

/** A declared hook, and where it is on the wire. */
interface PlacedHook {
  readonly hook: HookDefinition;
  /** The streams that hold what it handles. */
  readonly streams: readonly string[];
  readonly names: ReturnType<typeof hookNames>;
  /** Streams that hooks have for themselves. */
  readonly own: readonly string[];
  readonly durable: string;
  /** One filter stands in the subject, so that the server can hold a user to it. */
  readonly filter: string;
}

function hooksOf(component: AnyComponent, place: SubjectPlace): PlacedHook[] {
  const { namespace } = place;
  const names = hookNames({
    component: component.name,
    ...(namespace !== undefined && { namespace }),
  });
  return declaredHooks(component).map((hook) => ({
    hook,
    streams: streamsOf(hook, place),
    names,
    own: [names.letters, names.redrives, names.tries],
    durable: resourceName(namespace, component.name, hook.name),
    filter: hook.filters.length === 1 ? `.${inNamespace(namespace, hook.filters[0]!)}` : "",
  }));
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

function hookChecks({ hook, streams, names, own, durable }: PlacedHook): string[] {
  if (!hook.durable) return [STREAM_NAMES];
  return [
    STREAM_NAMES,
    ...own.map((name) => ofStream("INFO", name)),
    ...[...streams, names.redrives].map((stream) => ofConsumer("INFO", stream, durable)),
  ];
}

/** On which a component publishes that is set up: its events, its records, its locks. */
export function setUpSubjects(component: AnyComponent, { namespace }: SubjectPlace): string[] {
  const { name, events, stream, hasRecords } = component;
  const own = resourceName(namespace, name);
  const filters = Object.values(events).map(({ subject }) => subject.filter);
  const subjects = filters.map((filter) => inNamespace(namespace, filter));
  if (stream.allowSchedules && filters.length > 0) {
    const schedules = filters.map((filter) =>
      inNamespace(namespace, `schedule.${filter}${filter.endsWith(">") ? "" : ".*"}`)
    );
    subjects.push(...schedules, ofStream("PURGE", own));
  }
  if (hasRecords) {
    subjects.push(`${bucketSubjects(own).keys}>`, ...readSubjects(own), ...watchSubjects(own));
  }
  const { stream: locks, keys } = bucketSubjects(resourceName(namespace, OWN_BUCKETS.locks));
  const ownLocks = `${keys}*.${name}.>`;
  return [...subjects, ownLocks, ...viewSubjects(locks), `${API}.DIRECT.GET.${locks}.${ownLocks}`];
}

/** On which a component listens that is set up: its locks are pushed. */
export function pushSubject({ name }: AnyComponent, { namespace }: SubjectPlace): string {
  const { pushes } = bucketSubjects(resourceName(namespace, OWN_BUCKETS.locks));
  return `${pushes}*.${name}.>`;
}

function viewSubjects(stream: string): string[] {
  return [ofStream("INFO", stream), ofStream("MSG.GET", stream)];
}

function readSubjects(bucket: string): string[] {
  const { stream, keys } = bucketSubjects(bucket);
  const direct = `${API}.DIRECT.GET.${stream}`;
  return [...viewSubjects(stream), direct, `${direct}.${keys}>`];
}

function watchSubjects(bucket: string): string[] {
  const { stream, keys } = bucketSubjects(bucket);
  return [...viewSubjects(stream), ...pullSubjects(stream, `.${keys}>`)];
}

/** What a consumer takes that is made to read for some time. */
function pullSubjects(stream: string, filter: string): string[] {
  return [
    ofConsumer("CREATE", stream, `*${filter}`),
    ofConsumer("DELETE", stream, "*"),
    ofConsumer("MSG.NEXT", stream, "*"),
  ];
}

/** On which a component publishes that runs: it reacts and reports itself. */
export function runSubjects(component: AnyComponent, place: SubjectPlace): string[] {
  return [
    ...hooksOf(component, place).flatMap(hookSubjects),
    ...reportSubjects(component, place),
  ];
}

function hookSubjects({ hook, streams, names, durable, filter }: PlacedHook): string[] {
  const looks = [STREAM_NAMES, ...streams.map((stream) => ofStream("INFO", stream))];
  if (!hook.durable) {
    const reads = (stream: string) => [
      ...pullSubjects(stream, filter),
      ofConsumer("INFO", stream, "*"),
      `$JS.ACK.${stream}.*.>`,
    ];
    return [...looks, ...streams.flatMap(reads)];
  }
  const reads = (stream: string) => [
    ofConsumer("INFO", stream, durable),
    ofConsumer("MSG.NEXT", stream, durable),
    `$JS.ACK.${stream}.${durable}.>`,
  ];
  return [
    ...looks,
    ...[...streams, names.redrives].flatMap(reads),
    names.letter(hook.name, ">"),
    names.tried(hook.name, ">"),
    ofStream("MSG.GET", names.tries),
    ofStream("PURGE", names.letters),
  ];
}

/** An instance writes what it is; one with descriptors compares them with those of others. */
function reportSubjects(component: AnyComponent, { namespace }: SubjectPlace): string[] {
  const manifests = resourceName(namespace, OWN_BUCKETS.manifests);
  const descriptors = resourceName(namespace, OWN_BUCKETS.descriptors);
  const report = `${bucketSubjects(manifests).keys}${component.name}.*`;
  if (!hasDescriptors(component)) return [report];
  return [
    report,
    `${bucketSubjects(descriptors).keys}*`,
    ...watchSubjects(manifests),
    ...readSubjects(descriptors),
  ];
}

function hasDescriptors(component: AnyComponent): boolean {
  const routes = declaredHooks(component).flatMap(({ routes }) => routes);
  return component.contracts.some(({ kind }) => kind === "service") ||
    [...Object.values(component.events), ...routes].some(({ codec }) => messageOf(codec));
}

/** On which a contract is answered. */
export function answerSubjects(contract: ServiceContract, prefix: string): string[] {
  const name = contract.typeName.replaceAll(".", "-");
  const scopes = ["", `.${name}`, `.${name}.*`];
  return [
    ...callSubjects(contract, prefix),
    ...["PING", "INFO", "STATS"].flatMap((verb) => scopes.map((scope) => `$SRV.${verb}${scope}`)),
  ];
}

/** On which the methods of a contract are called. */
export function callSubjects(contract: ServiceContract, prefix: string): string[] {
  const { typeName, methods } = serviceInfo(contract);
  return [
    ...[...methods.keys()].map((method) => `${prefix}.${typeName}.${method}`),
    `${prefix}._cancel.${typeName}`,
  ];
}

/** What it takes to make what a component needs, and to bring it to what is wanted. */
export function provisionSubjects(component: AnyComponent, place: SubjectPlace): string[] {
  return [
    ...checkSubjects(component, place),
    ...neededStreams(component, place).flatMap(ensureStreamSubjects),
    ...hasEvents(component) ? [`${API}.STREAM.LIST`] : [],
    ...keeperSubjects(component, place, "CREATE").flatMap((create) => [create, `${create}.>`]),
    ...hooksOf(component, place).flatMap(hookCreation),
  ];
}

function ensureStreamSubjects(stream: string): string[] {
  return ["INFO", "CREATE", "UPDATE"].map((verb) => ofStream(verb, stream));
}

function hookCreation({ hook, streams, names, own, durable, filter }: PlacedHook): string[] {
  if (!hook.durable) return [];
  const redrives = `${durable}.${names.redrive(hook.name, ">")}`;
  return [
    ...streams.flatMap((stream) => [
      ofStream("INFO", stream),
      ofConsumer("CREATE", stream, durable + filter),
    ]),
    ...own.flatMap(ensureStreamSubjects),
    ofConsumer("CREATE", names.redrives, redrives),
  ];
}
