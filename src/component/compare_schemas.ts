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
  const names = types ??
    [...old].flatMap((type) =>
      type.kind === "message" || type.kind === "enum" ? [type.typeName] : []
    );
  const comparison = new Comparison(now);
  for (const name of names) {
    const message = old.getMessage(name);
    if (message !== undefined) comparison.compareMessage(message);
    const found = old.getEnum(name);
    if (found !== undefined) comparison.compareEnum(found);
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

  compareMessage(old: DescMessage): void {
    const now = this.#now.getMessage(old.typeName);
    if (now === undefined || this.#seen.has(old.typeName)) return;
    this.#seen.add(old.typeName);
    const report = this.#reporter(old.typeName);
    compareReserved(old.proto, now.proto, "MESSAGE", report);
    compareRequired(old, now, report);
    for (const field of old.fields) {
      const other = now.fields.find(({ number }) => number === field.number);
      if (other === undefined) reportRemoved(field, now.proto, "FIELD", "field", report);
      else compareField(field, other, report);
      this.#compareTypeOf(field);
    }
  }

  compareEnum(old: DescEnum): void {
    const now = this.#now.getEnum(old.typeName);
    if (now === undefined || this.#seen.has(old.typeName)) return;
    this.#seen.add(old.typeName);
    const report = this.#reporter(old.typeName);
    compareReserved(old.proto, now.proto, "ENUM", report);
    for (const [number, names] of namesByNumber(old)) {
      const found = namesByNumber(now).get(number);
      if (found === undefined) {
        for (const name of names) {
          reportRemoved({ name, number }, now.proto, "ENUM_VALUE", "value", report);
        }
      } else if (names.some((name) => !found.includes(name))) {
        report(
          "ENUM_VALUE_SAME_NAME",
          `value ${number} was named ${names.join(", ")} and is named ${found.join(", ")}`,
        );
      }
    }
  }

  /** What a field is made of is part of the message. */
  #compareTypeOf(field: DescField): void {
    const { message, enum: enumeration } = field as { message?: DescMessage; enum?: DescEnum };
    if (message !== undefined) this.compareMessage(message);
    if (enumeration !== undefined) this.compareEnum(enumeration);
  }

  #reporter(type: string): Report {
    return (rule, message) => this.problems.push({ rule, type, message });
  }
}

type Report = (rule: string, message: string) => void;

/** What a message and an enum say of what may not be used any more. */
interface Reserved {
  readonly reservedName: readonly string[];
  readonly reservedRange: readonly { readonly start: number; readonly end: number }[];
}

function reportRemoved(
  { name, number }: { readonly name: string; readonly number: number },
  now: Reserved & { readonly $typeName: string },
  rule: "FIELD" | "ENUM_VALUE",
  what: string,
  report: Report,
): void {
  // The end of a range belongs to it in an enum, and not in a message.
  const last = now.$typeName.endsWith("EnumDescriptorProto") ? 0 : 1;
  const isNumberReserved = now.reservedRange.some(({ start, end }) =>
    start <= number && number <= end - last
  );
  if (!isNumberReserved) {
    report(
      `${rule}_NO_DELETE_UNLESS_NUMBER_RESERVED`,
      `${what} ${name} is removed, and its number ${number} is not reserved`,
    );
  }
  if (!now.reservedName.includes(name)) {
    report(
      `${rule}_NO_DELETE_UNLESS_NAME_RESERVED`,
      `${what} ${name} is removed, and its name is not reserved`,
    );
  }
}

function compareReserved(old: Reserved, now: Reserved, what: "MESSAGE" | "ENUM", report: Report) {
  const covers = ({ start, end }: { start: number; end: number }) =>
    now.reservedRange.some((range) => range.start <= start && end <= range.end);
  const rule = `RESERVED_${what}_NO_DELETE`;
  for (const range of old.reservedRange) {
    if (!covers(range)) report(rule, `the numbers from ${range.start} are no longer reserved`);
  }
  for (const name of old.reservedName) {
    if (!now.reservedName.includes(name)) report(rule, `the name ${name} is no longer reserved`);
  }
}

function compareRequired(old: DescMessage, now: DescMessage, report: Report): void {
  const required = ({ fields }: DescMessage) =>
    fields.filter(({ presence }) => presence === FeatureSet_FieldPresence.LEGACY_REQUIRED)
      .map(({ number }) => number);
  const [before, after] = [required(old), required(now)];
  const changed = [
    ...before.filter((number) => !after.includes(number)),
    ...after.filter((number) => !before.includes(number)),
  ];
  for (const number of changed) {
    report("MESSAGE_SAME_REQUIRED_FIELDS", `field ${number} is now required, or is no longer`);
  }
}

function compareField(old: DescField, now: DescField, report: Report): void {
  const { number } = old;
  const differ = (rule: string, what: string, before: string, after: string) => {
    if (before === after) return;
    report(rule, `${what} of field ${number} was ${before} and is ${after}`);
  };
  differ("FIELD_SAME_NAME", "the name", old.name, now.name);
  differ("FIELD_SAME_JSON_NAME", "the JSON name", old.jsonName, now.jsonName);
  differ("FIELD_SAME_ONEOF", "the oneof", old.oneof?.name ?? "none", now.oneof?.name ?? "none");
  differ("FIELD_SAME_DEFAULT", "the default", defaultOf(old), defaultOf(now));
  const [before, after] = [old, now].map(cardinalityOf) as [string, string];
  differ("FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY", "the cardinality", before, after);
  if (!areCompatible(old, now)) {
    differ("FIELD_WIRE_JSON_COMPATIBLE_TYPE", "the type", typeOf(old), typeOf(now));
  }
}

function defaultOf(field: DescField): string {
  return field.proto.defaultValue || "none";
}

function cardinalityOf({ fieldKind, presence }: DescField): string {
  if (fieldKind === "list") return "repeated";
  if (fieldKind === "map") return "a map";
  return presence === FeatureSet_FieldPresence.LEGACY_REQUIRED ? "required" : "single";
}

/** Scalars whose values look alike, on the wire and in JSON. */
const ALIKE: readonly (readonly ScalarType[])[] = [
  [ScalarType.INT32, ScalarType.UINT32],
  [ScalarType.INT64, ScalarType.UINT64],
  [ScalarType.FIXED32, ScalarType.SFIXED32],
  [ScalarType.FIXED64, ScalarType.SFIXED64],
];

function areCompatible(old: DescField, now: DescField): boolean {
  if (old.fieldKind === "map" && now.fieldKind === "map") {
    return areAlike(old.mapKey, now.mapKey) && areValuesCompatible(old, now);
  }
  return old.fieldKind !== "map" && now.fieldKind !== "map" && areValuesCompatible(old, now);
}

function areValuesCompatible(old: DescField, now: DescField): boolean {
  if (old.scalar !== undefined && now.scalar !== undefined) return areAlike(old.scalar, now.scalar);
  if (old.enum !== undefined && now.enum !== undefined) return isSubset(old.enum, now.enum);
  return old.message !== undefined && old.message.typeName === now.message?.typeName;
}

function areAlike(old: ScalarType, now: ScalarType): boolean {
  return old === now || ALIKE.some((group) => group.includes(old) && group.includes(now));
}

/** An enum may take the place of another of its short name that has no value which it lacks. */
function isSubset(old: DescEnum, now: DescEnum): boolean {
  return old.name === now.name &&
    old.values.every(({ name, number }) =>
      now.values.some((value) => value.name === name && value.number === number)
    );
}

function typeOf(field: DescField): string {
  const single = field.message?.typeName ?? field.enum?.typeName ??
    (field.scalar === undefined ? "" : ScalarType[field.scalar].toLowerCase());
  if (field.fieldKind !== "map") return single;
  return `map<${ScalarType[field.mapKey].toLowerCase()}, ${single}>`;
}

function namesByNumber({ values }: DescEnum): Map<number, string[]> {
  const names = new Map<number, string[]>();
  for (const { number, name } of values) {
    names.set(number, [...names.get(number) ?? [], name]);
  }
  return names;
}
