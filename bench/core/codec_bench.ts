/**
 * What the codec costs above protobuf-es. `--check` fails if a budget is missed.
 *
 * @module
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FieldDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { protobuf } from "../../src/core/mod.ts";
import { keep, measure } from "./_measure.ts";

const schema = FieldDescriptorProtoSchema;
const codec = protobuf(schema);
const init = { name: "origin", number: 7, typeName: ".flights.v1.Airport", jsonName: "origin" };
const message = create(schema, init);
const bytes = toBinary(schema, message);
let sum = 0;

const encode = await measure("encode a message of four fields", {
  "toBinary": (times) => {
    for (let n = 0; n < times; n++) sum += toBinary(schema, message).length;
  },
  "protobuf().encode": (times) => {
    for (let n = 0; n < times; n++) sum += codec.encode(message).length;
  },
}, { times: 50_000, rounds: 41 });

const init_ = await measure("encode what a message can be made of", {
  "toBinary of create": (times) => {
    for (let n = 0; n < times; n++) sum += toBinary(schema, create(schema, init)).length;
  },
  "protobuf().encode": (times) => {
    for (let n = 0; n < times; n++) sum += codec.encode(init).length;
  },
}, { times: 50_000, rounds: 41 });

const decode = await measure("decode it", {
  "fromBinary": (times) => {
    for (let n = 0; n < times; n++) sum += fromBinary(schema, bytes).number;
  },
  "protobuf().decode": (times) => {
    for (let n = 0; n < times; n++) sum += codec.decode(bytes).number;
  },
}, { times: 50_000, rounds: 41 });

keep([
  { name: "encode, times toBinary", value: encode["protobuf().encode"].ratio, max: 1.05 },
  { name: "encode init, times toBinary", value: init_["protobuf().encode"].ratio, max: 1.05 },
  { name: "decode, times fromBinary", value: decode["protobuf().decode"].ratio, max: 1.05 },
]);
if (sum === 0) throw new Error("Nothing was measured");
