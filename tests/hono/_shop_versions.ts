import {
  clone,
  create,
  createFileRegistry,
  type DescFile,
  type DescService,
  toBinary,
} from "@bufbuild/protobuf";
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  type ServiceDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import { type Component, defineComponent } from "../../src/component/mod.ts";
import type { Book } from "./gen/shop/v1/shop_pb.ts";
import { ShopService } from "./_shop.ts";

/** Changes the shop's service. */
export type ChangeShop = (service: ServiceDescriptorProto) => void;

/** The files that a file needs, and itself at the end; copies, to be changed. */
function filesOf(file: DescFile): FileDescriptorProto[] {
  const files = new Set<DescFile>();
  const collect = (file: DescFile): void => {
    file.dependencies.forEach(collect);
    files.add(file);
  };
  collect(file);
  return [...files].map(({ proto }) => clone(FileDescriptorProtoSchema, proto));
}

/** The shop's descriptors, as the component would tell them. */
export function shopDescriptors(change: ChangeShop = () => {}): Uint8Array<ArrayBuffer> {
  const file = filesOf(ShopService.file);
  change(file.at(-1)!.service[0]!);
  const set = create(FileDescriptorSetSchema, { file });
  return toBinary(FileDescriptorSetSchema, set) as Uint8Array<ArrayBuffer>;
}

function shopService(change: ChangeShop): DescService {
  const file = filesOf(ShopService.file);
  change(file.at(-1)!.service[0]!);
  const types = createFileRegistry(create(FileDescriptorSetSchema, { file }));
  return types.getService(ShopService.typeName)!;
}

/** Version 2 has `FindBook` in place of `GetBook`, with the same route. */
export function findInsteadOfGet({ method }: ServiceDescriptorProto): void {
  method.find(({ name }) => name === "GetBook")!.name = "FindBook";
}

/** A shop that answers everything with a book, named after its version and what it was asked for. */
export function shopComponent(version: string): Component {
  // Both are read from descriptors, so that their types are the same.
  const service = shopService(version.startsWith("1.") ? () => {} : findInsteadOfGet);
  const answer = (request: unknown) => ({ name: `${version} ${(request as Book).name}` });
  return defineComponent({
    name: "shop",
    version,
    rpc: service,
    setup: () => ({
      rpc: Object.fromEntries(service.methods.map(({ localName }) => [localName, answer])),
    }),
  }) as Component;
}
