import { create, createFileRegistry, type DescMessage, setExtension } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorSetSchema,
  MessageOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { event, type EventOptions, EventOptionsSchema } from "../../src/protobuf/mod.ts";

/** What a `.proto` can say with `(shizuku.v1.event)`. */
export type EventOption = Partial<Pick<EventOptions, "subject" | "id">>;

/**
 * A message `t.v1.Reported` as a generated file would describe it, with fields of every kind that
 * matters to subjects.
 */
export function reported(option: EventOption | undefined): DescMessage {
  const options = create(MessageOptionsSchema);
  if (option !== undefined) setExtension(options, event, create(EventOptionsSchema, option));
  const label = Label.OPTIONAL;
  const field = (name: string, number: number, type: Type, more: object = {}) => ({
    name,
    jsonName: name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    number,
    type,
    label,
    ...more,
  });
  const set = create(FileDescriptorSetSchema, {
    file: [{
      name: "t.proto",
      package: "t.v1",
      syntax: "proto3",
      enumType: [{ name: "Level", value: [{ name: "LEVEL_UNSPECIFIED", number: 0 }] }],
      messageType: [{
        name: "Flight",
        field: [field("id", 1, Type.STRING), field("leg", 2, Type.UINT32)],
      }, {
        name: "Reported",
        options,
        oneofDecl: [{ name: "kind" }],
        field: [
          field("ticket_id", 1, Type.STRING),
          field("number", 2, Type.INT32),
          field("total", 3, Type.INT64),
          field("is_late", 4, Type.BOOL),
          field("level", 5, Type.ENUM, { typeName: ".t.v1.Level" }),
          field("weight", 6, Type.DOUBLE),
          field("raw", 7, Type.BYTES),
          field("tags", 8, Type.STRING, { label: Label.REPEATED }),
          field("flight", 9, Type.MESSAGE, { typeName: ".t.v1.Flight" }),
          field("code", 10, Type.STRING, { oneofIndex: 0 }),
          field("path", 11, Type.STRING),
        ],
      }],
    }],
  });
  return createFileRegistry(set).getMessage("t.v1.Reported")!;
}
