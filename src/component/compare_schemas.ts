import {
  createFileRegistry,
  type DescEnum,
  type DescField,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  ScalarType,
} from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/**
 * A change of a schema for which messages of one version cannot be read by the other.
 *
 * @example
 * ```ts
 * import { compareSchemas } from "@shizuku/shizuku/component";
 *
 * const empty = new Uint8Array();
 * for (const { rule, message } of compareSchemas(empty, empty)) console.log(rule, message);
 * ```
 */
export interface SchemaProblem {
  /** The rule that it breaks, as `buf breaking` calls it. */
  readonly rule: string;
  /** Full name of the message or enum. */
  readonly type: string;
  /** What has changed, in words. */
  readonly message: string;
}

/**
 * Options of {@linkcode compareSchemas}.
 *
 * @example Only what is in one event
 * ```ts ignore
 * import { compareSchemas } from "@shizuku/shizuku/component";
 *
 * const problems = compareSchemas(before, after, { types: ["ticket.v1.TicketOpened"] });
 * ```
 */
export interface CompareSchemasOptions {
  /**
   * Full names of messages: only they, and what they are made of, are compared. By default all that
   * both versions have.
   */
  readonly types?: Iterable<string>;
}

/**
 * Compares two versions of protobuf schemas by the rules `WIRE_JSON` of `buf breaking`, as far as
 * they are about messages and enums: fields and values that are removed without being reserved,
 * renumbered, renamed or given another type, cardinality or oneof. Pure.
 *
 * Messages that only one version has are no problem.
 *
 * @param before A `google.protobuf.FileDescriptorSet` of the older version, as `registry()` has it.
 * @param after The same of the newer one.
 * @returns Nothing, if each version reads what the other one writes.
 * @throws {Error} If the bytes are no descriptors.
 * @example Does a running instance still read what this version writes?
 * ```ts ignore
 * import { compareSchemas, registry } from "@shizuku/shizuku/component";
 *
 * const components = registry(nc);
 * for (const manifest of await components.list()) {
 *   const running = await components.descriptors(manifest);
 *   if (running === undefined) continue;
 *   for (const { message } of compareSchemas(running, mine)) console.warn(message);
 * }
 * ```
 * @see https://buf.build/docs/breaking/rules
 */
export function compareSchemas(
  before: Uint8Array,
  after: Uint8Array,
  { types }: CompareSchemasOptions = {},
): SchemaProblem[] {
  const [old, now] = [before, after].map(readSet) as [FileRegistry, FileRegistry];
  const comparison = new Comparison(now);
  for (const type of types ?? old) {
    comparison.compare(typeof type === "string" ? old.get(type) : type);
  }
  return comparison.problems;
}

function readSet(bytes: Uint8Array): FileRegistry {
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
}

class Comparison {
  readonly problems: SchemaProblem[] = [];
  readonly #now: FileRegistry;
  readonly #seen = new Set<string>();

  constructor(now: FileRegistry) {
    this.#now = now;
  }

  /** Compares a message, with what it is made of, or an enum. */
  compare(old: ReturnType<FileRegistry["get"]>): void {
    if (old?.kind !== "message" && old?.kind !== "enum" || this.#seen.has(old.typeName)) return;
    const { kind, typeName: type } = old;
    this.#seen.add(type);
    const now = this.#now.get(type);
    if (now?.kind !== kind) return;
    const report: Report = (rule, message) => this.problems.push({ rule, type, message });
    compareReserved(old.proto, (now as typeof old).proto, kind.toUpperCase(), report);
    if (kind === "enum") return compareValues(old, now as DescEnum, report);
    compareFields(old, now as DescMessage, report);
    for (const field of old.fields) this.compare(field.message ?? field.enum);
  }
}

type Report = (rule: string, message: string) => void;

/** What a message and an enum say of what may not be used any more. */
interface Reserved {
  readonly reservedName: readonly string[];
  readonly reservedRange: readonly { readonly start: number; readonly end: number }[];
}

function compareReserved(old: Reserved, now: Reserved, what: string, report: Report): void {
  const rule = `RESERVED_${what}_NO_DELETE`;
  for (const { start, end } of old.reservedRange) {
    if (!now.reservedRange.some((range) => range.start <= start && end <= range.end)) {
      report(rule, `the numbers from ${start} are no longer reserved`);
    }
  }
  for (const name of old.reservedName) {
    if (!now.reservedName.includes(name)) report(rule, `the name ${name} is no longer reserved`);
  }
}

function compareValues(old: DescEnum, now: DescEnum, report: Report): void {
  for (const number of new Set(old.values.map(({ number }) => number))) {
    const [before, after] = [old, now].map(({ values }) =>
      values.filter((value) => value.number === number).map(({ name }) => name)
    ) as [string[], string[]];
    if (after.length === 0) {
      // The end of a range belongs to it in an enum, and not in a message.
      for (const name of before) reportRemoved("value", name, number, number, now.proto, report);
    } else if (before.some((name) => !after.includes(name))) {
      report(
        "ENUM_VALUE_SAME_NAME",
        `value ${number} was named ${before.join(", ")} and is named ${after.join(", ")}`,
      );
    }
  }
}

function compareFields(old: DescMessage, now: DescMessage, report: Report): void {
  const [before, after] = [old, now].map(({ fields }) =>
    fields.filter(isRequired).map(({ number }) => number)
  ) as [number[], number[]];
  for (const number of new Set([...before, ...after])) {
    if (before.includes(number) && after.includes(number)) continue;
    report(
      "MESSAGE_SAME_REQUIRED_FIELDS",
      `field ${number} is now required, or is no longer`,
    );
  }
  for (const field of old.fields) {
    const { name, number } = field;
    const other = now.fields.find((other) => other.number === number);
    if (other !== undefined) compareField(field, other, report);
    else reportRemoved("field", name, number, number + 1, now.proto, report);
  }
}

function reportRemoved(
  what: "field" | "value",
  name: string,
  number: number,
  end: number,
  now: Reserved,
  report: Report,
): void {
  const rule = `${what === "field" ? "FIELD" : "ENUM_VALUE"}_NO_DELETE_UNLESS_`;
  const removed = `${what} ${name} is removed, and its `;
  if (!now.reservedRange.some((range) => range.start <= number && end <= range.end)) {
    report(`${rule}NUMBER_RESERVED`, `${removed}number ${number} is not reserved`);
  }
  if (!now.reservedName.includes(name)) {
    report(`${rule}NAME_RESERVED`, `${removed}name is not reserved`);
  }
}

function compareField(old: DescField, now: DescField, report: Report): void {
  const differ = (rule: string, what: string, of: (field: DescField) => string) => {
    const [before, after] = [of(old), of(now)];
    if (before === after) return;
    report(`FIELD_${rule}`, `${what} of field ${old.number} was ${before} and is ${after}`);
  };
  differ("SAME_NAME", "the name", ({ name }) => name);
  differ("SAME_JSON_NAME", "the JSON name", ({ jsonName }) => jsonName);
  differ("SAME_ONEOF", "the oneof", ({ oneof }) => oneof?.name ?? "none");
  differ("SAME_DEFAULT", "the default", ({ proto }) => proto.defaultValue || "none");
  differ("WIRE_JSON_COMPATIBLE_CARDINALITY", "the cardinality", cardinalityOf);
  if (!areCompatible(old, now)) differ("WIRE_JSON_COMPATIBLE_TYPE", "the type", typeOf);
}

function isRequired({ presence }: DescField): boolean {
  return presence === FeatureSet_FieldPresence.LEGACY_REQUIRED;
}

function cardinalityOf(field: DescField): string {
  const { fieldKind } = field;
  if (fieldKind === "list") return "repeated";
  if (fieldKind === "map") return "a map";
  return isRequired(field) ? "required" : "single";
}

function areCompatible(old: DescField, now: DescField): boolean {
  return areAlike(keyOf(old), keyOf(now)) && areAlike(old.scalar, now.scalar) &&
    old.message?.typeName === now.message?.typeName && isSubset(old.enum, now.enum);
}

function keyOf(field: DescField): ScalarType | undefined {
  return field.fieldKind === "map" ? field.mapKey : undefined;
}

/** Scalars whose values look alike, on the wire and in JSON. */
function areAlike(old: ScalarType | undefined, now: ScalarType | undefined): boolean {
  return nameOf(old).replace(SIGN, "") === nameOf(now).replace(SIGN, "");
}

/** What tells `uint32` from `int32`, and `sfixed32` from `fixed32`. */
const SIGN = /^(u|s(?=fixed))/;

function nameOf(scalar: ScalarType | undefined): string {
  return scalar === undefined ? "" : ScalarType[scalar].toLowerCase();
}

/** An enum may take the place of another of its short name that has no value which it lacks. */
function isSubset(old: DescEnum | undefined, now: DescEnum | undefined): boolean {
  return old?.name === now?.name &&
    (old?.values ?? []).every(({ name, number }) =>
      now!.values.some((value) => value.name === name && value.number === number)
    );
}

function typeOf(field: DescField): string {
  const { message, enum: values, scalar } = field;
  const single = message?.typeName ?? values?.typeName ?? nameOf(scalar);
  return field.fieldKind === "map" ? `map<${nameOf(field.mapKey)}, ${single}>` : single;
}
