import {
  type Codec,
  type DescMessage,
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

/** Fields of a message that can be a token of a subject: the texts. */
export type TokenField<T> = {
  [Field in keyof T]: T[Field] extends string ? Field : never;
}[keyof T];

/** A template whose parameters are all fields of the message. */
export type EventSubject<Template extends string, T> = string extends Template ? Template
  : [SubjectParamName<Template>] extends [TokenField<T>] ? Template
  : `The event has no text field ${Exclude<SubjectParamName<Template>, TokenField<T>>}`;

/** Options of {@linkcode defineEvent}. */
export interface EventOptions<T, Template extends string> {
  /**
   * Subject, with fields of the message as parameters: `flights.reported.{origin}`. May be left out
   * where the `.proto` itself names it with `(shizuku.v1.event)`.
   */
  subject: Template & EventSubject<Template, T>;
  /**
   * Identifies an event, so that publishing it twice stores it once (within the stream's
   * deduplication window). By default each `publish()` has a random one.
   */
  id?: (event: T) => string;
}

/** A typed event: what is published, and on which subject. Made by {@linkcode defineEvent}. */
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
  /** The subject of one event. */
  subjectOf(event: T): string;
  /** Identifies an event, if it says how. */
  id?(event: T): string;
}

/**
 * Declares an event: a protobuf message, or any other value with a codec, and its subject.
 *
 * The parameters of the subject are fields of the message; naming a field that the message lacks is
 * a compile error.
 *
 * @param schema The generated descriptor of the message, or a codec.
 * @throws {TypeError} If there is no subject, or it is not a valid one.
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { defineEvent } from "@shizuku/shizuku/consumers";
 *
 * const landed = defineEvent(json<{ airport: string; flight: string }>(), {
 *   subject: "flight.landed.{airport}",
 *   id: (event) => event.flight,
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
  options: { subject?: string; id?: (event: any) => string } = {},
  // deno-lint-ignore no-explicit-any -- not part of the public signature
): EventDefinition<any, any, any> {
  const isMessage = "kind" in schema;
  const codec = isMessage ? protobuf(schema) as Codec<unknown> : schema;
  const typeName = codec.name;
  const template = options.subject ?? (isMessage ? eventOptions(schema)?.subject : undefined);
  if (template === undefined || template === "") {
    throw new TypeError(
      `Cannot define event ${typeName} as it must have a subject: give { subject }, or set ` +
        `option (shizuku.v1.event) in the .proto`,
    );
  }
  const typed: Subject = subject<string>(template);
  return Object.freeze({
    typeName,
    subject: typed,
    codec,
    complete: isMessage
      ? (event: unknown) => create(schema, event as MessageInitShape<DescMessage>)
      : (event: unknown) => event,
    subjectOf: (event: unknown) => typed.format(event as SubjectParams<string>),
    ...(options.id !== undefined && { id: options.id }),
  });
}
