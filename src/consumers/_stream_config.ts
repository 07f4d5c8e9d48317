import type { StreamConfig } from "@nats-io/jetstream";
import { invalid } from "../connection/mod.ts";
import { inNamespace } from "../core/mod.ts";
import { scheduleFilter } from "./_schedule_subject.ts";
import type { StreamOptions, StreamSettings } from "./stream_options.ts";
import { joinSubjects } from "./_subject_sets.ts";

/** A stream's configuration, some of it. */
export type Config = Partial<StreamConfig>;

/** What a stream has when nobody says otherwise; a server tells no other way that a field is unset. */
const DEFAULTS = {
  retention: "interest",
  storage: "file",
  num_replicas: 1,
  duplicate_window: 120_000_000_000,
} as const;

/** What the server says of a field that was never set. */
const UNSET: Config = {
  max_age: 0,
  max_bytes: -1,
  max_msgs: -1,
  max_msgs_per_subject: -1,
  max_msg_size: -1,
  discard: "old",
  discard_new_per_subject: false,
  compression: "none",
  allow_direct: false,
  allow_msg_ttl: false,
  allow_atomic: false,
  allow_msg_schedules: false,
  allow_msg_counter: false,
  allow_batched: false,
} as Config;

/** Settings that need a newer server than the oldest one that is supported. */
const SINCE: Partial<Record<keyof StreamSettings, string>> = {
  allowAtomic: "2.12.1",
  allowSchedules: "2.12.0",
  allowCounter: "2.12.0",
  allowBatched: "2.14.0",
};

/** The settings asked for that need a newer server, with its version. */
export function neededServers(settings: StreamSettings): [setting: string, version: string][] {
  return (Object.keys(SINCE) as (keyof StreamSettings)[])
    .filter((setting) => settings[setting] === true)
    .map((setting) => [setting, SINCE[setting]!]);
}

/** All subjects that a stream is to store, those of schedules included. */
export function subjectsOf(options: StreamOptions): string[] {
  return joinSubjects([], [...eventFilters(options), ...scheduleFilters(options)]);
}

/** What a stream stores for messages that wait until they are due. */
export function scheduleFilters(options: StreamOptions): string[] {
  if (!options.allowSchedules) return [];
  return eventFilters(options).map((filter) => scheduleFilter(options.namespace, filter));
}

function eventFilters({ subjects = [], events = [], namespace }: StreamOptions): string[] {
  return [...subjects, ...events.map(({ subject }) => inNamespace(namespace, subject.filter))];
}

/** What the options ask for, and nothing else. */
export function askedConfig(options: StreamSettings): Config {
  const placement = options.placement &&
    { ...options.placement, ...(options.placement.tags && { tags: [...options.placement.tags] }) };
  const all = {
    description: options.description,
    retention: options.retention,
    storage: options.storage,
    num_replicas: options.replicas,
    max_age: nanos(options.maxAgeMs),
    max_bytes: limit(options.maxBytes),
    max_msgs: limit(options.maxMessages),
    max_msgs_per_subject: limit(options.maxMessagesPerSubject),
    max_msg_size: limit(options.maxMessageBytes),
    discard: options.discard,
    discard_new_per_subject: options.discardNewPerSubject,
    duplicate_window: nanos(options.dedupeWindowMs),
    compression: options.compression,
    placement,
    allow_direct: options.allowDirect,
    allow_msg_ttl: options.allowTtl,
    allow_atomic: options.allowAtomic,
    allow_msg_schedules: options.allowSchedules,
    allow_msg_counter: options.allowCounter,
    allow_batched: options.allowBatched,
  };
  const asked = Object.entries(all).filter(([, value]) => value !== undefined);
  return Object.fromEntries(asked) as Config;
}

/** The configuration of a stream that does not exist yet. */
export function newConfig(options: StreamOptions): Config & { name: string } {
  const config = { ...DEFAULTS, ...askedConfig(options), subjects: subjectsOf(options) };
  return { ...withinAge(config, options), name: options.name } as Config & { name: string };
}

/** The server refuses to remember ids for longer than messages. */
function withinAge<C extends Config>(config: C, { dedupeWindowMs }: StreamSettings): C {
  const { max_age: age = 0, duplicate_window: window = 0 } = config;
  if (age === 0 || dedupeWindowMs !== undefined || window <= age) return config;
  return { ...config, duplicate_window: age };
}

/** What a stream that exists has to become. */
export interface StreamDrift {
  /** The fields to change; empty if there is none. */
  readonly changes: Config;
  /** Differences that cannot be removed, in words. */
  readonly refused: readonly string[];
}

/** Compares a stream with what is asked for. */
export function driftOf(found: Config, options: StreamOptions): StreamDrift {
  const subjects = joinSubjects(found.subjects ?? [], subjectsOf(options));
  const asked = withinAge({
    ...(found.duplicate_window !== undefined && { duplicate_window: found.duplicate_window }),
    ...askedConfig(options),
    subjects,
  }, options);
  const drift = (Object.keys(asked) as (keyof Config)[])
    .filter((field) => !isSame(field, found[field], asked[field]));
  return {
    changes: Object.fromEntries(drift.map((field) => [field, asked[field]])),
    refused: drift.filter((field) => isFixed(field, asked[field]))
      .map((field) => describeDrift(field, found[field], asked[field])),
  };
}

/** `retention must be interest: current value is limits` */
export function describeDrift(field: keyof Config, found: unknown, wanted: unknown): string {
  return `${field} must be ${shown(wanted)}: current value is ${shown(found ?? UNSET[field])}`;
}

/**
 * What is not changed. A server would change retention between limits and interest, but the latter
 * deletes what nobody hooks at that moment.
 */
function isFixed(field: keyof Config, wanted: unknown): boolean {
  return field === "retention" || field === "storage" || field === "allow_msg_counter" ||
    ((field === "allow_msg_ttl" || field === "allow_msg_schedules") && wanted === false);
}

function isSame(field: keyof Config, found: unknown, wanted: unknown): boolean {
  return canonical(found ?? UNSET[field]) === canonical(wanted ?? UNSET[field]);
}

/** The order of keys, and of subjects and tags, says nothing; an empty value is none. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return JSON.stringify([...value].sort());
  if (typeof value !== "object" || value === null) return JSON.stringify(value || undefined) ?? "";
  const entries = Object.entries(value).map(([key, inner]) => [key, canonical(inner)] as const)
    .filter(([, inner]) => inner !== "" && inner !== "[]");
  return entries.length === 0 ? "" : JSON.stringify(entries.sort(([a], [b]) => a < b ? -1 : 1));
}

function shown(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function nanos(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 1_000_000);
}

/** The server's word for no limit is -1. */
function limit(value: number | undefined): number | undefined {
  return value === 0 ? -1 : value;
}

/** Numbers that say how much, and from which value on. */
const NUMBERS = {
  replicas: 1,
  maxAgeMs: 0,
  maxBytes: 0,
  maxMessages: 0,
  maxMessagesPerSubject: 0,
  maxMessageBytes: 0,
  dedupeWindowMs: 100,
} satisfies Partial<Record<keyof StreamSettings, number>>;

/**
 * Checks what a caller has written.
 *
 * @throws {ShizukuError} `invalid_argument` for a number that is none, or no subject at all.
 */
export function checkStreamOptions(action: string, options: StreamOptions): void {
  const wrong = (what: string, value: unknown) =>
    invalid(`${action} as ${what}: current value is ${value}`);
  if (!/^[^\s.*>/\\]+$/.test(options.name)) {
    throw wrong("its name must have no space, dot, wildcard or slash", options.name);
  }
  if (subjectsOf(options).length === 0) {
    throw wrong("it must have subjects or events", "none");
  }
  for (const [name, atLeast] of Object.entries(NUMBERS) as [keyof typeof NUMBERS, number][]) {
    const value = options[name];
    if (value === undefined || (Number.isSafeInteger(value) && value >= atLeast)) continue;
    throw wrong(`${name} must be a whole number from ${atLeast}`, value);
  }
}
