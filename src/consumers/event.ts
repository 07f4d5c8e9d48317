import {
  checkHeaders,
  type Codec,
  type DescMessage,
  type HeadersRecord,
  type MessageInitShape,
  type MessageShape,
  protobuf,
  type Subject,
  subject,
  type SubjectParamName,
  type SubjectParams,
} from "../core/mod.ts";
import { create } from "@bufbuild/protobuf";
import { eventOptions } from "../protobuf/mod.ts";
import { checkTokenFields, idFromTemplate, withLocalNames } from "./_event_contract.ts";
import { withTextTokens } from "./_event_tokens.ts";

/**
 * Fields of a message that can be a token of a subject: texts, whole numbers, booleans, enums.
 *
 * @example
 * ```ts
 * import type { TokenField } from "@shizuku/shizuku/consumers";
 *
 * type Landed = { airport: string; runway: number; crew: string[] };
 * const tokens: TokenField<Landed>[] = ["airport", "runway"];
 * ```
 */
export type TokenField<T> = {
  [Field in keyof T]-?: T[Field] extends string | number | bigint | boolean ? Field : never;
}[keyof T];

/**
 * A template whose parameters are all fields of the message.
 *
 * @example
 * ```ts
 * import { defineEvent, type EventSubject } from "@shizuku/shizuku/consumers";
 * import { json } from "@shizuku/shizuku/core";
 *
 * type Landed = { airport: string; flight: string };
 * const subject: EventSubject<"flight.landed.{airport}", Landed> = "flight.landed.{airport}";
 * const landed = defineEvent(json<Landed>(), { subject });
 * ```
 */
export type EventSubject<Template extends string, T> = string extends Template ? Template
  : [SubjectParamName<Template>] extends [TokenField<T>] ? Template
  : `The event has no field for the token ${Exclude<SubjectParamName<Template>, TokenField<T>>}`;

/**
 * Options of {@linkcode defineEvent}.
 *
 * @example
 * ```ts
 * import { defineEvent } from "@shizuku/shizuku/consumers";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const landed = defineEvent(json<{ airport: string; flight: string }>(), {
 *   subject: "flight.landed.{airport}",
 *   id: (event) => `landed-${event.flight}`,
 *   headers: (event) => ({ Airline: event.flight.slice(0, 2) }),
 * });
 * ```
 */
export interface EventOptions<T, Template extends string> {
  /**
   * Subject, with fields of the message as parameters: `flights.reported.{origin}`. A field is a
   * text, a whole number, a boolean (`true`, `false`) or an enum (its number). May be left out where
   * the `.proto` itself names it with `(shizuku.v1.event)`.
   */
  subject: Template & EventSubject<Template, T>;
  /**
   * Identifies an event, so that publishing it twice stores it once (within the stream's
   * deduplication window). By default each `publish()` has one of its own.
   */
  id?: (event: T) => string;
  /** Headers of every event, or what makes them of one. A call can add others. */
  headers?: HeadersRecord | ((event: T) => HeadersRecord);
}

/**
 * A typed event: what is published, and on which subject. Made by {@linkcode defineEvent}.
 *
 * @example
 * ```ts
 * import { defineEvent, type EventDefinition } from "@shizuku/shizuku/consumers";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const landed = defineEvent(json<{ airport: string; flight: string }>(), {
 *   subject: "flight.landed.{airport}",
 *   id: (event) => event.flight,
 * });
 * const describe = <T>(event: EventDefinition<T>) => `${event.typeName} ${event.subject.filter}`;
 * console.log(describe(landed)); // json flight.landed.*
 * ```
 */
export interface EventDefinition<
  T,
  Init = T,
  Params extends Readonly<Record<string, string>> = Readonly<Record<string, string>>,
> {
  /** Full name of the message. */
  readonly typeName: string;
  /** The subject. */
  readonly subject: Subject<Params>;
  /** Reads and writes the message. */
  readonly codec: Codec<T>;
  /** Makes the message of what may be given for it. */
  complete(event: Init): T;
  /**
   * The subject of one event.
   *
   * @throws {ShizukuError} `invalid_argument` if a field makes no token.
   */
  subjectOf(event: T): string;
  /** Identifies an event, if it says how. */
  id?(event: T): string;
  /** Headers of an event, if it has any. */
  headersOf?(event: T): HeadersRecord;
}

/**
 * Declares an event: a protobuf message, or any other value with a codec, and its subject.
 *
 * The parameters of the subject are fields of the message; naming a field that the message lacks is
 * a compile error. What the `.proto` says with `(shizuku.v1.event)`, subject and id, holds where the
 * options do not say otherwise.
 *
 * @param schema The generated descriptor of the message, or a codec.
 * @throws {TypeError} If there is no subject, it is not a valid one, or it names what is no field.
 * @throws {ShizukuError} `invalid_argument` for headers that cannot be sent.
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { defineEvent } from "@shizuku/shizuku/consumers";
 *
 * const landed = defineEvent(json<{ airport: string; flight: string }>(), {
 *   subject: "flight.landed.{airport}",
 *   id: (event) => event.flight,
 *   headers: { source: "tower" },
 * });
 * console.log(landed.subjectOf({ airport: "ORD", flight: "UA1" })); // flight.landed.ORD
 * ```
 */
export function defineEvent<Desc extends DescMessage, const Template extends string = string>(
  schema: Desc,
  options?: Partial<EventOptions<MessageShape<Desc>, Template>>,
): EventDefinition<MessageShape<Desc>, MessageInitShape<Desc>, SubjectParams<Template>>;
/** Declares an event with a codec of one's own. */
export function defineEvent<T, const Template extends string>(
  codec: Codec<T>,
  options: EventOptions<T, Template>,
): EventDefinition<T, T, SubjectParams<Template>>;
export function defineEvent(
  schema: DescMessage | Codec<unknown>,
  // deno-lint-ignore no-explicit-any -- not part of the public signature
  options: Partial<EventOptions<any, string>> = {},
  // deno-lint-ignore no-explicit-any -- not part of the public signature
): EventDefinition<any, any, any> {
  const message = "kind" in schema ? schema : undefined;
  const codec = "kind" in schema ? protobuf(schema) as Codec<unknown> : schema;
  const typed = subjectFor(codec.name, message, options.subject);
  const id = options.id ?? (message && idFromProto(message));
  const headersOf = options.headers && toHeadersOf(options.headers);
  return Object.freeze({
    typeName: codec.name,
    subject: typed,
    codec,
    complete: (event: unknown) =>
      message ? create(message, event as MessageInitShape<DescMessage>) : event,
    subjectOf: (event: object) => typed.format(withTextTokens(typed.names, event)),
    ...(id !== undefined && { id }),
    ...(headersOf !== undefined && { headersOf }),
  });
}

// deno-lint-ignore no-explicit-any -- the public signatures say which event it is
type HeadersOf = (event: any) => HeadersRecord;

function toHeadersOf(headers: HeadersRecord | HeadersOf): HeadersOf {
  if (typeof headers === "function") return headers;
  checkHeaders(headers);
  // Frozen, so that a publisher may write them once for all events.
  const fixed = Object.freeze({ ...headers });
  return () => fixed;
}

function subjectFor(
  typeName: string,
  message: DescMessage | undefined,
  given: string | undefined,
): Subject {
  const inProto = message && eventOptions(message)?.subject;
  const template = given ?? (message && inProto ? withLocalNames(message, inProto) : undefined);
  if (template === undefined || template === "") {
    throw new TypeError(
      `Cannot define event ${typeName} as it must have a subject: give { subject }, or set ` +
        `option (shizuku.v1.event) in the .proto`,
    );
  }
  const typed: Subject = subject<string>(template);
  if (message !== undefined) checkTokenFields(message, typed);
  return typed;
}

function idFromProto(message: DescMessage): ((event: object) => string) | undefined {
  const template = eventOptions(message)?.id;
  return template ? idFromTemplate(message, template) : undefined;
}

/**
 * An event, or the generated descriptor of a message whose `.proto` says its subject.
 *
 * @example
 * ```ts
 * import { defineEvent, type EventLike, toEvent } from "@shizuku/shizuku/consumers";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const subjectsOf = (events: EventLike[]) => events.map((event) => toEvent(event).subject.filter);
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * console.log(subjectsOf([landed])); // [ "flight.landed.*" ]
 * ```
 */
// deno-lint-ignore no-explicit-any -- an event both reads and writes its type: only `any` fits all
export type EventLike = EventDefinition<any, any, any> | DescMessage;

/**
 * The definition that {@linkcode toEvent} gives.
 *
 * @example
 * ```ts
 * import { defineEvent, type EventOf, toEvent } from "@shizuku/shizuku/consumers";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const same: EventOf<typeof landed> = toEvent(landed);
 * console.log(same === landed); // true
 * ```
 */
export type EventOf<E> = E extends DescMessage
  ? EventDefinition<MessageShape<E>, MessageInitShape<E>>
  : E;

const events = new WeakMap<DescMessage, EventDefinition<unknown>>();

/**
 * Gives the event that a message is, where its `.proto` says so with `(shizuku.v1.event)`; a
 * definition is returned as it is. Always the same one for the same message.
 *
 * @throws {TypeError} If the `.proto` says no subject.
 * @example
 * ```ts ignore
 * import { toEvent } from "@shizuku/shizuku/consumers";
 *
 * await createPublisher(nc, toEvent(TicketCreatedSchema)).publish({ ticketId: "7" });
 * ```
 */
export function toEvent<E extends EventLike>(event: E): EventOf<E>;
export function toEvent(event: EventLike): EventDefinition<unknown> {
  if (!("kind" in event)) return event;
  const known = events.get(event);
  if (known !== undefined) return known;
  const defined: EventDefinition<unknown> = defineEvent(event);
  events.set(event, defined);
  return defined;
}
