import {
  createContext,
  type Layer,
  type MessageHeaders,
  type Process,
  type Processor,
  ShizukuError,
  type SignalSource,
  stack,
  toProcess,
} from "../core/mod.ts";
import {
  type MethodInfo,
  type MethodsOf,
  pickCodec,
  type ServiceContract,
  serviceInfo,
} from "./contract.ts";

/** What a server must bring: a processor for each method of a contract. */
export type Implementation<S extends ServiceContract> = {
  readonly [Name in keyof MethodsOf<S>]: MethodsOf<S>[Name] extends {
    input: infer Input;
    outputInit: infer Output;
  } ? Processor<Input, Output>
    : never;
};

/** One call of an endpoint, in bytes. */
export interface EndpointRequest {
  /** The encoded request. */
  readonly payload: Uint8Array;
  /** Which of the contract's codecs; its first if left out. */
  readonly contentType?: string | undefined;
  /** Headers that came along. */
  readonly headers?: MessageHeaders | (() => MessageHeaders);
  /** Aborts when the caller gives up or its time is over. */
  readonly signal?: SignalSource;
  /** End of the call, in milliseconds on the clock of `performance.now()`. */
  readonly deadline?: number | undefined;
  /** Subject on which it came, or the empty string. */
  readonly subject?: string;
}

/** The answer, in bytes. */
export interface EndpointResponse {
  /** The encoded response. */
  readonly payload: Uint8Array;
  /** How it is encoded: as the request was. */
  readonly contentType: string;
}

/**
 * One method of a running service: bytes in, bytes out, the same for every transport.
 */
export interface Endpoint {
  /** The method. */
  readonly method: MethodInfo;
  /**
   * Decodes, runs the processor with its layers, encodes.
   *
   * @throws {ShizukuError} Whatever goes wrong, and nothing else.
   */
  call(request: EndpointRequest): Promise<EndpointResponse>;
}

/** The endpoints of a service, by the method's name on the wire. */
export type Endpoints = ReadonlyMap<string, Endpoint>;

/**
 * Joins a contract with its implementation.
 *
 * @param layers Around every method, the outermost first.
 * @throws {TypeError} If methods are missing or unknown; they are named.
 */
export function createEndpoints<S extends ServiceContract>(
  contract: S,
  implementation: Implementation<S>,
  layers: readonly Layer<unknown, unknown>[] = [],
): Endpoints {
  const { typeName, methods } = serviceInfo(contract);
  const processors = implementation as Readonly<Record<string, Processor<unknown, unknown>>>;
  checkMethods(typeName, [...methods.values()].map((method) => method.localName), processors);
  return new Map([...methods].map(([name, method]) => {
    const processor = processors[method.localName]!;
    // A method of a class instance needs its `this`.
    const bound = typeof processor === "function"
      ? processor.bind(implementation) as Process<unknown, unknown>
      : toProcess(processor);
    return [name, createEndpoint(method, stack(bound, ...layers))];
  }));
}

function checkMethods(typeName: string, wanted: readonly string[], found: object): void {
  const missing = wanted.filter((name) => !(name in found));
  const unknown = Object.keys(found).filter((name) =>
    !wanted.includes(name) && typeof (found as Record<string, unknown>)[name] === "function"
  );
  if (missing.length === 0 && unknown.length === 0) return;
  throw new TypeError(
    `Cannot serve ${typeName} as its implementation must have exactly its methods: ` +
      [
        ...missing.map((name) => `${name} is missing`),
        ...unknown.map((name) => `${name} is not a method`),
      ].join(", "),
  );
}

function createEndpoint(method: MethodInfo, process: Process<unknown, unknown>): Endpoint {
  return {
    method,
    async call(request) {
      const decoder = pickCodec(method.input, request.contentType);
      const input = decoder.decode(request.payload);
      const output = await run(process, input, request);
      const encoder = method.output.get(decoder.contentType) ?? pickCodec(method.output, undefined);
      return { payload: encode(method, encoder, output), contentType: encoder.contentType };
    },
  };
}

async function run(
  process: Process<unknown, unknown>,
  input: unknown,
  { signal, deadline, headers, subject }: EndpointRequest,
): Promise<unknown> {
  try {
    return await process(
      input,
      createContext({
        ...(signal && { signal }),
        ...(deadline !== undefined && { deadline }),
        ...(headers && { headers }),
        ...(subject !== undefined && { subject }),
      }),
    );
  } catch (thrown) {
    throw ShizukuError.from(thrown, "business");
  }
}

function encode(
  method: MethodInfo,
  encoder: { readonly name: string; encode(value: unknown): Uint8Array },
  output: unknown,
): Uint8Array {
  try {
    return encoder.encode(output);
  } catch (cause) {
    throw new ShizukuError("internal", `Cannot encode the response of ${method.name}`, {
      stage: "post",
      retryable: false,
      cause,
    });
  }
}
