/**
 * What makes streams and consumers, or plans to; loaded with the first call of it, mostly when a
 * process starts.
 *
 * @module
 */
export { planOneHook } from "./_plan_hook.ts";
export { planOneStream } from "./_plan_stream.ts";
export { provideConsumer } from "./_provide_consumer.ts";
export { provideHook } from "./_provide_hook.ts";
export { provideStream } from "./_provide_stream.ts";
