import { json } from "@shizuku/shizuku/core";
import { defineService } from "@shizuku/shizuku/services";

/** What the worker offers: a service that answers somewhere on NATS. */
export const GreetService = defineService("greet.v1.GreetService", {
  greet: { input: json<{ name: string }>(), output: json<{ text: string; by: string }>() },
});
