import type {
  DescMessage,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
  Registry,
} from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { type Codec, protobuf, ShizukuError } from "../core/mod.ts";
import { typeRegistry } from "./_type_registry.ts";
import type { MethodDefinition, ServiceDefinition } from "./define_service.ts";

/** What types both ends: a generated protobuf service, or one declared in code. */
export type ServiceContract = DescService | ServiceDefinition;

/** The types of one method: as they are read, and as they may be written. */
export interface MethodTypes<Input, InputInit, Output, OutputInit> {
  /** The request as the server reads it. */
  readonly input: Input;
  /** The request as the caller may write it. */
  readonly inputInit: InputInit;
  /** The response as the caller reads it. */
  readonly output: Output;
  /** The response as the server may write it. */
  readonly outputInit: OutputInit;
}

/** The types of all methods of a contract, by the name that code uses. */
export type MethodsOf<S extends ServiceContract> = S extends ServiceDefinition<infer Methods> ? {
    [Name in keyof Methods]: Methods[Name] extends MethodDefinition<infer I, infer O>
      ? MethodTypes<I, I, O, O>
      : never;
  }
  : S extends DescService ? {
      [Name in keyof S["method"]]: S["method"][Name] extends
        DescMethodUnary<infer I extends DescMessage, infer O extends DescMessage>
        ? MethodTypes<MessageShape<I>, MessageInitShape<I>, MessageShape<O>, MessageInitShape<O>>
        : never;
    }
  : never;

/** One method, with what is needed to read and write its messages. */
export interface MethodInfo {
  /** Name on the wire, such as `GetAirport`. */
  readonly name: string;
  /** Name in code, such as `getAirport`. */
  readonly localName: string;
  /** Whether calling it changes nothing. */
  readonly noSideEffects: boolean;
  /** Codecs of the request, by content type. */
  readonly input: ReadonlyMap<string, Codec<unknown>>;
  /** Codecs of the response, by content type. */
  readonly output: ReadonlyMap<string, Codec<unknown>>;
  /** The request's codec where no content type is named: the first one. */
  readonly defaultInput: Codec<unknown>;
  /** The response's codec where no content type is named: the first one. */
  readonly defaultOutput: Codec<unknown>;
}

/** A contract in the one form that servers, clients and gateways work with. */
export interface ServiceInfo {
  /** Full name, such as `delays.v1.DelayService`. */
  readonly typeName: string;
  /** The methods by their name on the wire. */
  readonly methods: ReadonlyMap<string, MethodInfo>;
}

const known = new WeakMap<ServiceContract, ServiceInfo>();

/**
 * Reads a contract. Done once for each.
 *
 * @throws {ShizukuError} `unimplemented` if a method streams.
 */
export function serviceInfo(contract: ServiceContract): ServiceInfo {
  let info = known.get(contract);
  if (info === undefined) {
    info = contract.kind === "definition" ? readDefinition(contract) : readDescriptor(contract);
    known.set(contract, info);
  }
  return info;
}

function readDefinition({ typeName, methods }: ServiceDefinition): ServiceInfo {
  const infos = Object.entries(methods).map(([name, method]): [string, MethodInfo] => [name, {
    name,
    localName: name,
    noSideEffects: method.noSideEffects ?? false,
    input: new Map([[method.input.contentType, method.input]]),
    output: new Map([[method.output.contentType, method.output]]),
    defaultInput: method.input,
    defaultOutput: method.output,
  }]);
  return { typeName, methods: new Map(infos) };
}

function readDescriptor(service: DescService): ServiceInfo {
  const { typeName, methods } = service;
  const registry = typeRegistry(service);
  const infos = methods.map((method): [string, MethodInfo] => {
    if (method.methodKind !== "unary") {
      throw new ShizukuError(
        "unimplemented",
        `Cannot use ${typeName}.${method.name} as methods must be unary: ` +
          `current kind is ${method.methodKind}`,
        { stage: "pre" },
      );
    }
    const input = protobufCodecs(method.input, registry);
    const output = protobufCodecs(method.output, registry);
    return [method.name, {
      name: method.name,
      localName: method.localName,
      noSideEffects: method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS,
      input: byContentType(input),
      output: byContentType(output),
      defaultInput: input[0],
      defaultOutput: output[0],
    }];
  });
  return { typeName, methods: new Map(infos) };
}

function protobufCodecs(
  schema: DescMessage,
  registry: Registry | undefined,
): [Codec<unknown>, Codec<unknown>] {
  const json = protobuf(schema, { format: "json", registry });
  return [protobuf(schema) as Codec<unknown>, json as Codec<unknown>];
}

function byContentType(codecs: readonly Codec<unknown>[]): ReadonlyMap<string, Codec<unknown>> {
  return new Map(codecs.map((codec) => [codec.contentType, codec]));
}

/**
 * Picks the codec for a content type; parameters after a `;` do not count.
 *
 * @throws {ShizukuError} `invalid_argument` if there is none, with those that there are.
 */
export function pickCodec(
  codecs: ReadonlyMap<string, Codec<unknown>>,
  contentType: string,
): Codec<unknown> {
  const codec = codecs.get(contentType) ??
    codecs.get(contentType.split(";", 1)[0]!.trim().toLowerCase());
  if (codec !== undefined) return codec;
  const [first] = codecs.values();
  throw new ShizukuError(
    "invalid_argument",
    `Cannot read ${first!.name} as its content type must be ${[...codecs.keys()].join(" or ")}: ` +
      `current value is ${JSON.stringify(contentType)}`,
    { stage: "pre" },
  );
}
