import type { HeadersRecord, Layer } from "../core/mod.ts";
import type { MethodInfo, ServiceContract, Transport, TransportResponse } from "../services/mod.ts";
import type { Expose } from "./_expose.ts";

export type { Expose, ExposedMethod } from "./_expose.ts";

/** Services, and the way to them. A running app of the component module fits. */
export interface RpcSource {
  /** The services, each with a name of its own. */
  readonly contracts: readonly ServiceContract[];
  /** How calls reach them. */
  readonly transport: Transport;
  /**
   * Whether services come and go, each time with a new array of contracts: then it is looked at with
   * each call.
   * @default {false}
   */
  readonly isLive?: boolean | undefined;
}

/** One call, as a layer around it sees it. */
export interface RpcCall {
  /** Full name of the service. */
  readonly service: string;
  /** The method. */
  readonly method: MethodInfo;
  /** How the payload is encoded, one of those of the method. */
  readonly contentType: string;
  /** The encoded request. */
  readonly payload: Uint8Array;
  /** The text of which the payload is the UTF-8, if it came as text. */
  readonly text?: string | undefined;
  /** Headers that go along, if there are any. */
  readonly headers: HeadersRecord | undefined;
}

/** Limits of {@linkcode RpcOptions}. */
export interface RpcLimits {
  /**
   * Largest message that is taken, in bytes, both as sent and decompressed; a larger one is
   * answered with `resource_exhausted`. The default is what a nats-server takes by default.
   * @default {1048576}
   */
  readonly maxBodyBytes?: number;
  /**
   * Longest time that a call may take, in milliseconds, whatever its caller asks for.
   * @default {60000}
   */
  readonly maxTimeoutMs?: number;
  /**
   * How long a call may take whose caller does not say, in milliseconds; at most `maxTimeoutMs`.
   * @default {5000}
   */
  readonly defaultTimeoutMs?: number;
  /**
   * Smallest response that is compressed for a caller that accepts gzip, in bytes; `Infinity` for
   * none.
   * @default {1024}
   */
  readonly gzipFromBytes?: number;
}

/** Options of {@linkcode rpc}. */
export interface RpcOptions {
  /** How calls reach the services, if not as the source says. */
  readonly transport?: Transport;
  /**
   * Around every call, the outermost first: they see the encoded request, and a context with its
   * headers, its deadline and its signal.
   * @default {[]}
   */
  readonly layers?: readonly Layer<RpcCall, TransportResponse>[];
  /**
   * Names of the request headers that go along with a call, such as `["Authorization"]`. No other
   * header does; those of NATS (`Nats-*`), of this library (`Shizuku-*`) and of HTTP itself cannot
   * be named.
   * @default {[]}
   */
  readonly headers?: readonly string[];
  /** Sizes and times. */
  readonly limits?: RpcLimits;
  /** What may be called. By default every method of every contract. */
  readonly expose?: Expose;
}
