import type { MessageInitShape } from "@bufbuild/protobuf";
import { ShizukuError } from "../../src/core/mod.ts";
import { localTransport, type Transport } from "../../src/services/mod.ts";
import { type Book, type BookSchema, ShopService } from "./gen/shop/v1/shop_pb.ts";

export { ShopService };

/** What the shop was asked, in the order of the calls. */
export interface ShopCall {
  /** Name of the method in code. */
  readonly method: string;
  /** The request. */
  readonly request: unknown;
}

/** A shop that keeps what it is asked; the book `none` is not there. */
export function shop(calls: ShopCall[] = []): Transport {
  const ask = (method: string, request: unknown): MessageInitShape<typeof BookSchema> => {
    calls.push({ method, request });
    const { name = "", book } = request as { name?: string; book?: Book };
    if (name === "none") throw new ShizukuError("not_found", "Cannot find book none");
    return book ?? { name };
  };
  return localTransport().add(ShopService, {
    getBook: (request) => ask("getBook", request),
    listBooks(request) {
      const book = ask("listBooks", request);
      return { books: request.limit === 0 ? [] : [book] };
    },
    createBook: (request) => ask("createBook", request),
    updateBook: (request) => ask("updateBook", request),
    deleteBook(request) {
      ask("deleteBook", request);
      return {};
    },
    orderBook: (request) => ask("orderBook", request),
    countBooks: () => ({ books: 7n }),
  });
}
