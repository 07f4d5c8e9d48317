import { apiErrorCode } from "./api_error_code.ts";

/** Number of the error that a stream is not there. */
export const STREAM_NOT_FOUND = 10059;
/** Number of the error that there is another stream of that name. */
export const STREAM_NAME_IN_USE = 10058;
/** Number of the error that a consumer is not there. */
export const CONSUMER_NOT_FOUND = 10014;

/** Makes `undefined` of errors of the JetStream API with these numbers, and throws all others again. */
export function ignore(...codes: number[]): (thrown: unknown) => undefined {
  return (thrown) => {
    if (!codes.includes(apiErrorCode(thrown) ?? 0)) throw thrown;
  };
}
