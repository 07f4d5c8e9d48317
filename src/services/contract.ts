import type {
  DescMessage,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { type Codec, protobuf, ShizukuError } from "../core/mod.ts";
import { type JsonMessage, jsonMessages } from "./_json_messages.ts";
import type { MethodDefinition, ServiceDefinition } from "./define_service.ts";

/**
 * What types both ends: a generated protobuf service, or one declared in code.
 *
 * @example For a generated service as well as for one that is declared in code
 * ```ts
 * import { text } from "@shizuku/shizuku/core";
 * import { defineService, type ServiceContract, serviceInfo } from "@shizuku/shizuku/services";
 *
 * const methodsOf = (contract: ServiceContract) => [...serviceInfo(contract).methods.keys()];
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: text, output: text },
 * });
 * console.log(methodsOf(GreetService)); // [ "greet" ]
 * ```
 */
export type ServiceContract = DescService | ServiceDefinition;

/**
 * The types of one method: as they are read, and as they may be written.
 *
 * @example
 * ```ts
 * import { json, text } from "@shizuku/shizuku/core";
 * import { defineService, type MethodsOf } from "@shizuku/shizuku/services";
 *
 * const TextService = defineService("text.v1.TextService", {
 *   lengthOf: { input: text, output: json<number>() },
 * });
 * type LengthOf = MethodsOf<typeof TextService>["lengthOf"];
 * const lengthOf = (line: LengthOf["input"]): LengthOf["outputInit"] => line.length;
 * console.log(lengthOf("four")); // 4
 * ```
 */
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

/**
 * The types of all methods of a contract, by the name that code uses.
 *
 * @example
 * ```ts
 * import { json, text } from "@shizuku/shizuku/core";
 * import { defineService, type MethodsOf } from "@shizuku/shizuku/services";
 *
 * const TextService = defineService("text.v1.TextService", {
 *   lengthOf: { input: text, output: json<number>() },
 * });
 * const length: MethodsOf<typeof TextService>["lengthOf"]["output"] = 4;
 * ```
 */
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

/**
 * One method, with what is needed to read and write its messages.
 *
 * @example
 * ```ts
 * import { json, text } from "@shizuku/shizuku/core";
 * import { defineService, serviceInfo } from "@shizuku/shizuku/services";
 *
 * const TextService = defineService("text.v1.TextService", {
 *   lengthOf: { input: text, output: json<number>(), noSideEffects: true },
 * });
 * const method = serviceInfo(TextService).methods.get("lengthOf");
 * console.log(method?.noSideEffects, method?.defaultInput.contentType); // true text/plain
 * ```
 */
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
  /** How messages are read from text and written as text, if there is such a way. */
  readonly text?: {
    /** Content type of the UTF-8 of the text. */
    readonly contentType: string;
    /** The request's. */
    readonly input: TextForm;
    /** The response's. */
    readonly output: TextForm;
  };
}

/**
 * A message as text.
 *
 * @example JSON of a generated service, without bytes in between
 * ```ts ignore
 * import { serviceInfo } from "@shizuku/shizuku/services";
 *
 * const method = serviceInfo(TicketService).methods.get("Get");
 * console.log(method?.text?.input.decode(`{"ticketId":"7"}`));
 * ```
 */
export interface TextForm {
  /** Gives the text of a value. */
  encode(value: unknown): string;
  /**
   * Reads a value.
   *
   * @throws {ShizukuError} `invalid_argument`, as codecs do.
   */
  decode(text: string): unknown;
}

/**
 * A contract in the one form that servers, clients and gateways work with.
 *
 * @example
 * ```ts
 * import { text } from "@shizuku/shizuku/core";
 * import { defineService, serviceInfo } from "@shizuku/shizuku/services";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: text, output: text },
 * });
 * const { typeName, methods } = serviceInfo(GreetService);
 * console.log(typeName, methods.size); // greet.v1.GreetService 1
 * ```
 */
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
 * @example
 * ```ts
 * import { text } from "@shizuku/shizuku/core";
 * import { defineService, serviceInfo } from "@shizuku/shizuku/services";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: text, output: text },
 * });
 * for (const { name, localName } of serviceInfo(GreetService).methods.values()) {
 *   console.log(name, localName); // greet greet
 * }
 * ```
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
  const toJson = jsonMessages(service);
  const known = new Map<DescMessage, Forms>();
  const formsOf = (schema: DescMessage): Forms => {
    let forms = known.get(schema);
    if (forms === undefined) {
      forms = { binary: protobuf(schema) as Codec<unknown>, json: toJson(schema) };
      known.set(schema, forms);
    }
    return forms;
  };
  const infos = methods.map((method): [string, MethodInfo] => {
    if (method.methodKind !== "unary") {
      throw new ShizukuError(
        "unimplemented",
        `Cannot use ${typeName}.${method.name} as methods must be unary: ` +
          `current kind is ${method.methodKind}`,
        { stage: "pre" },
      );
    }
    const [input, output] = [formsOf(method.input), formsOf(method.output)];
    return [method.name, {
      name: method.name,
      localName: method.localName,
      noSideEffects: method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS,
      input: byContentType(input),
      output: byContentType(output),
      defaultInput: input.binary,
      defaultOutput: output.binary,
      text: {
        contentType: input.json.codec.contentType,
        input: input.json.text,
        output: output.json.text,
      },
    }];
  });
  return { typeName, methods: new Map(infos) };
}

/** Both forms of a protobuf message. */
interface Forms {
  readonly binary: Codec<unknown>;
  readonly json: JsonMessage;
}

function byContentType({ binary, json }: Forms): ReadonlyMap<string, Codec<unknown>> {
  return new Map([binary, json.codec].map((codec) => [codec.contentType, codec]));
}

/**
 * Picks the codec for a content type; parameters after a `;` do not count.
 *
 * @throws {ShizukuError} `invalid_argument` if there is none, with those that there are.
 * @example
 * ```ts
 * import { pickCodec } from "@shizuku/shizuku/services";
 * import { text } from "@shizuku/shizuku/core";
 *
 * const codecs = new Map([["text/plain", text]]);
 * console.log(pickCodec(codecs, "text/plain; charset=utf-8").name); // text
 * ```
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
