// The .lamina file: a model comes back as it was; whatever is done to the bytes, loading throws an Error or behaves as
// before.
#include "io/lamina_file.h"

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "io/crc32c.h"
#include "io/files.h"
#include "io/program_json.h"
#include "io/safetensors.h"
#include "tiny_model.h"

namespace lamina::io {
namespace {

using support::Bytes;
using support::expect_error;
using support::Folder;
using support::read_bytes;
using support::write_bytes;
using Json = nlohmann::json;

const support::TinyModel kSmall{4, 2, 3, 0.25, true};

// What a model computes, and everything it holds.
std::vector<Tensor> behaviour(Program& program) {
  const support::TinyData data = support::tiny_data(5, kSmall);
  std::vector<Tensor> result = program.run("predict", {data.x});
  result.push_back(program.run("train_step", {data.x, data.y})[0]);
  for (Tensor& t : support::values_of(program)) result.push_back(t);
  return result;
}

Bytes saved(const Folder& folder) {
  const auto program = support::tiny_model(kSmall);
  save(folder.path("m"), *program, {{"config", "{\"class\": \"Sequential\"}"}}, {support::tiny_data(2, kSmall).x});
  return read_bytes(folder.path("m"));
}

// What the specification says of the header's checksum.
std::uint32_t header_sum(const Json& header) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : header["__metadata__"].items())
    if (key != "lamina.crc32c") parts.push_back(key + '\0' + value.get<std::string>());
  const std::map<std::string, DType> dtypes = {{"F32", DType::float32}, {"I64", DType::int64}};
  for (const auto& [name, entry] : header.items())
    if (name != "__metadata__") {
      const auto sizes = entry["shape"].get<std::vector<std::int64_t>>();
      parts.push_back(name + '\0' + name_of(dtypes.at(entry["dtype"])) + to_string(Shape(sizes.begin(), sizes.end())));
    }
  std::sort(parts.begin(), parts.end());
  std::string text;
  for (const std::string& part : parts) text += part + '\0';
  return crc32c(text.data(), text.size());
}

// Stands for lists nested deeper than a stack, which this library of JSON can read but neither copy nor write.
const std::string kDeep = "\"@deep\"";
constexpr std::size_t kDepth = 200'000;

// The file with another header, whose checksum is right again; the program may be changed as JSON.
Bytes edited(const Bytes& bytes, const std::function<void(Json& header, Json& program)>& edit) {
  const std::size_t size = support::header_bytes(bytes);
  Json header = Json::parse(bytes.substr(8, size));
  Json program = Json::parse(header["__metadata__"]["lamina.program"].get<std::string>());
  edit(header, program);
  std::string text = program.dump();
  const auto deep = text.find(kDeep);
  if (deep != std::string::npos) text.replace(deep, kDeep.size(), Bytes(kDepth, '[') + Bytes(kDepth, ']'));
  if (header["__metadata__"].contains("lamina.program")) header["__metadata__"]["lamina.program"] = text;
  if (header["__metadata__"].contains("lamina.crc32c")) {
    Json sums = Json::parse(header["__metadata__"]["lamina.crc32c"].get<std::string>(), nullptr, false);
    if (sums.is_object()) {
      sums["__metadata__"] = header_sum(header);
      header["__metadata__"]["lamina.crc32c"] = sums.dump();
    }
  }
  return support::container(header.dump(), bytes.substr(8 + size));
}

TEST(LaminaFile, ComesBackAsItWas) {
  const Folder folder;
  const auto program = support::tiny_model(kSmall);
  const support::TinyData data = support::tiny_data(8, kSmall);
  program->run_batches("train_step", {data.x, data.y}, 4, 0, 2, nullptr);
  save(folder.path("a"), *program, {{"config", "{}"}, {"note", "\xc3\xa4 \"quoted\"\n"}}, {data.x.rows(0, 2)});
  const Loaded loaded = load(folder.path("a"));
  EXPECT_EQ(loaded.metadata, (Metadata{{"config", "{}"}, {"note", "\xc3\xa4 \"quoted\"\n"}}));
  ASSERT_EQ(loaded.golden.size(), 1u);
  EXPECT_TRUE(support::same_bits(loaded.golden[0], data.x.rows(0, 2)));
  ASSERT_EQ(loaded.program->variables().size(), program->variables().size());
  for (std::size_t i = 0; i < program->variables().size(); ++i) {
    EXPECT_EQ(loaded.program->variables()[i]->name, program->variables()[i]->name);
    EXPECT_EQ(loaded.program->variables()[i]->trainable, program->variables()[i]->trainable);
  }
  save(folder.path("b"), *loaded.program, loaded.metadata, loaded.golden);
  EXPECT_EQ(read_bytes(folder.path("a")), read_bytes(folder.path("b")));
  EXPECT_TRUE(support::same_bits(behaviour(*loaded.program), behaviour(*program)));  // and trains on
}

TEST(ProgramJson, KeepsEveryAttributeOfEveryOp) {
  for (const OpInfo& info : all_ops())
    for (const OpPtr& op : {info.make({}), support::unusual(info)}) {
      const std::string text = attributes_to_json(op->attributes());
      EXPECT_TRUE(make_op(info.name, attributes_from_json(text))->attributes() == op->attributes())
          << info.name << " " << text;
    }
  EXPECT_TRUE(std::isnan(std::get<double>(attributes_from_json(attributes_to_json({{"x", std::nan("")}}))[0].second)));
  for (const char* text :
       {"", "[]", "{\"x\": null}", "{\"x\": {\"float\": 1}}", "{\"x\": [1.5]}", "{\"x\": [[\"%\", 1, 2]]}"})
    expect_error(ErrorKind::value, "The program of the file is damaged", [&] { attributes_from_json(text); });
}

TEST(LaminaFile, RefusesEveryTruncation) {
  const Folder folder;
  const Bytes bytes = saved(folder);
  const std::size_t data = 8 + support::header_bytes(bytes);
  write_bytes(folder.path("cut"), bytes);
  for (std::size_t size = bytes.size(); size-- > 0;) {
    if (size > data && size % 64 != 0) continue;
    std::filesystem::resize_file(folder.path("cut"), size);
    ASSERT_THROW(load(folder.path("cut")), Error) << size << " of " << bytes.size() << " bytes";
  }
  write_bytes(folder.path("cut"), bytes + "x");
  EXPECT_THROW(load(folder.path("cut")), Error);
}

TEST(LaminaFile, SurvivesFlippedBits) {
  const Folder folder;
  const Bytes bytes = saved(folder);
  const std::vector<Tensor> expected = behaviour(*load(folder.path("m")).program);
  const std::size_t header = 8 + support::header_bytes(bytes);
  std::mt19937_64 engine(3);
  int refused = 0, different = 0;
  for (int repeat = 0; repeat < 2000; ++repeat) {
    Bytes damaged = bytes;
    // Half of the flips hit the header.
    const std::size_t at = engine() % (repeat % 2 ? header : bytes.size());
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << engine() % 8));
    write_bytes(folder.path("flipped"), damaged);
    try {
      Loaded loaded = load(folder.path("flipped"));
      different += !support::same_bits(behaviour(*loaded.program), expected);
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_EQ(different, 0);
  EXPECT_GT(refused, 1900);
}

TEST(LaminaFile, RefusesFlippedBitsOfTensors) {
  const Folder folder;
  const Bytes bytes = saved(folder);
  for (std::size_t at = 8 + support::header_bytes(bytes); at < bytes.size(); at += 7) {
    Bytes damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    write_bytes(folder.path("flipped"), damaged);
    expect_error(ErrorKind::value, "was changed", [&] { load(folder.path("flipped")); });
  }
}

TEST(LaminaFile, RefusesHostilePrograms) {
  const Folder folder;
  const Bytes bytes = saved(folder);
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  auto entry = [](Json& program) -> Json& { return program["entries"]["predict"]; };
  auto node = [&](Json& program, const char* op) -> Json& {
    for (Json& n : entry(program)["nodes"])
      if (n["op"] == op) return n;
    throw std::runtime_error("no such op");
  };
  const Json deep = "@deep";
  Json sizes = "batch";
  for (int i = 0; i < 200; ++i) sizes = Json::array({"+", std::move(sizes), "batch"});
  const struct {
    const char* what;
    std::function<void(Json& header, Json& program)> edit;
    const char* text;
  } rows[] = {
      {"no program", [](Json& h, Json&) { h["__metadata__"].erase("lamina.program"); },
       "it holds tensors but no model"},
      {"no metadata", [](Json& h, Json&) { h["__metadata__"] = Json::object(); }, "it holds tensors but no model"},
      {"no version", [](Json& h, Json&) { h["__metadata__"].erase("lamina.version"); },
       "it holds tensors but no model"},
      {"version", [](Json& h, Json&) { h["__metadata__"]["lamina.version"] = "2"; },
       "its format is of another version. Expected: 1. Received: 2."},
      {"no sums", [](Json& h, Json&) { h["__metadata__"].erase("lamina.crc32c"); }, "was changed"},
      {"sums of another kind", [](Json& h, Json&) { h["__metadata__"]["lamina.crc32c"] = "[[[["; }, "was changed"},
      {"program of another kind", [](Json&, Json& p) { p = Json::array(); }, "'variables' of the right kind"},
      {"no entries", [](Json&, Json& p) { p.erase("entries"); }, "'entries' of the right kind"},
      {"variable without tensor", [](Json&, Json& p) { p["variables"][0]["name"] = "gone"; },
       "a tensor named 'gone' in the file"},
      {"a variable twice", [](Json&, Json& p) { p["variables"][1]["name"] = p["variables"][0]["name"]; },
       "Two variables of a program have one name"},
      {"a variable of another kind", [](Json&, Json& p) { p["variables"][0] = 3; },
       "the program of the file is damaged"},
      {"trainable of another kind", [](Json&, Json& p) { p["variables"][0]["trainable"] = "no"; },
       "'trainable' of the right kind"},
      {"constant without tensor", [&](Json&, Json& p) { entry(p)["constants"] = {"gone"}; },
       "the name of a tensor in the file"},
      {"constant of another kind", [&](Json&, Json& p) { entry(p)["constants"] = {1}; },
       "the name of a tensor in the file"},
      {"a read twice", [&](Json&, Json& p) { entry(p)["variables"][1] = entry(p)["variables"][0]; },
       "each variable once"},
      {"variable out of range", [&](Json&, Json& p) { entry(p)["variables"][0] = 1000; }, "the number of a variable"},
      {"negative value", [&](Json&, Json& p) { node(p, "conv")["inputs"][0] = -1; }, "the number of a value"},
      {"value out of range", [&](Json&, Json& p) { node(p, "conv")["inputs"][0] = 1u << 31; }, "the number of a value"},
      {"value of a later node", [&](Json&, Json& p) { node(p, "conv")["inputs"][0] = 14; }, "the number of a value"},
      {"huge value", [&](Json&, Json& p) { node(p, "conv")["inputs"][0] = ~std::uint64_t{0}; },
       "the number of a value"},
      {"fractional value", [&](Json&, Json& p) { node(p, "conv")["inputs"][0] = 0.5; }, "the number of a value"},
      {"too many inputs",
       [&](Json&, Json& p) {
         node(p, "relu")["inputs"] = {0, 0};
       },
       "relu: wrong number of inputs"},
      {"unknown op", [&](Json&, Json& p) { node(p, "relu")["op"] = "system"; },
       "Unknown op 'system'. Expected: an op of this version; the nearest names are"},
      {"op of another kind", [&](Json&, Json& p) { node(p, "relu")["op"] = 1; }, "'op' of the right kind"},
      {"node of another kind", [&](Json&, Json& p) { entry(p)["nodes"][0] = "relu"; }, "the right kind"},
      {"unknown attribute",
       [&](Json&, Json& p) {
         node(p, "relu")["attributes"] = {{"file", "/etc/passwd"}};
       },
       "relu: unknown attribute 'file'"},
      {"attribute of another type", [&](Json&, Json& p) { node(p, "softmax")["attributes"]["axis"] = "last"; },
       "softmax: attribute 'axis' has the wrong type"},
      {"null attribute", [&](Json&, Json& p) { node(p, "softmax")["attributes"]["axis"] = nullptr; }, "an attribute"},
      {"strange float",
       [&](Json&, Json& p) {
         node(p, "softmax")["attributes"]["axis"] = {{"float", "big"}};
       },
       "an attribute"},
      {"deep attribute", [&](Json&, Json& p) { node(p, "softmax")["attributes"]["axis"] = deep; }, "a size"},
      {"deep value", [&](Json&, Json& p) { entry(p)["outputs"][0]["value"] = deep; }, "the number of a value"},
      {"deep size", [&](Json&, Json& p) { entry(p)["inputs"][0]["shape"][0] = sizes; }, "a size"},
      {"size divided by zero",
       [&](Json&, Json& p) {
         node(p, "reshape")["attributes"]["shape"] = {Json::array({"//", "batch", 0}), 8};
       },
       "divided by zero"},
      {"huge sizes",
       [&](Json&, Json& p) {
         node(p, "reshape")["attributes"]["shape"] = {huge, huge};
       },
       "out of range"},
      {"sizes that overflow later",
       [&](Json&, Json& p) {
         node(p, "reshape")["attributes"]["shape"] = {Json::array({"*", "batch", huge}), 8};
       },
       "out of range"},
      {"negative sizes",
       [&](Json&, Json& p) {
         node(p, "reshape")["attributes"]["shape"] = {-2, 8};
       },
       "reshape: wrong sizes"},
      {"huge window",
       [&](Json&, Json& p) {
         node(p, "max_pool")["attributes"]["window"] = {huge, huge};
       },
       "max_pool: wrong window"},
      {"zero window",
       [&](Json&, Json& p) {
         node(p, "max_pool")["attributes"]["window"] = {0, 0};
       },
       "max_pool: wrong window"},
      {"unknown dtype", [&](Json&, Json& p) { entry(p)["inputs"][0]["dtype"] = "float8"; }, "Unknown dtype"},
      {"wrong dtype", [&](Json&, Json& p) { entry(p)["inputs"][0]["dtype"] = "float64"; },
       "conv: the inputs have different dtypes"},
      {"nine axes", [&](Json&, Json& p) { entry(p)["inputs"][0]["shape"] = Json(9, 1); }, "conv: wrong ranks"},
      {"output of another kind", [&](Json&, Json& p) { entry(p)["outputs"][0] = 0; }, "'name' of the right kind"},
      {"no output value", [&](Json&, Json& p) { entry(p)["outputs"][0].erase("value"); }, "'value'"},
      {"write of another kind", [&](Json&, Json& p) { entry(p)["writes"] = {7}; }, "'variable'"},
      {"write of another shape",
       [&](Json&, Json& p) {
         entry(p)["writes"] = {{{"variable", 0}, {"value", 0}}};
       },
       "a value assigned to variable 'conv/kernel'"},
      {"a write twice",
       [&](Json&, Json& p) {
         entry(p)["writes"] = {{{"variable", 0}, {"value", 1}}, {{"variable", 0}, {"value", 1}}};
       },
       "each variable once"},
      {"another function", [&](Json&, Json& p) { node(p, "relu")["op"] = "square"; },
       "it does not compute here what it computed where it was saved"},
      {"no golden output",
       [&](Json& h, Json&) {
         h["golden/other/0"] = h["golden/output/0"];
         h.erase("golden/output/0");
         Json sums = Json::parse(h["__metadata__"]["lamina.crc32c"].get<std::string>());
         sums["golden/other/0"] = sums["golden/output/0"];
         h["__metadata__"]["lamina.crc32c"] = sums.dump();
       },
       "it does not compute here"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    write_bytes(folder.path("hostile"), edited(bytes, row.edit));
    try {
      load(folder.path("hostile"));
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      std::string text = error.what(), wanted = row.text;
      for (char& c : text) c = static_cast<char>(std::tolower(c));
      for (char& c : wanted) c = static_cast<char>(std::tolower(c));
      EXPECT_NE(text.find(wanted), std::string::npos) << error.what();
    }
  }
  write_bytes(folder.path("same"), edited(bytes, [](Json&, Json&) {}));
  load(folder.path("same"));  // so the edits themselves were what was refused
}

TEST(LaminaFile, IgnoresWhatLaterVersionsMayAdd) {
  const Folder folder;
  const Bytes bytes = saved(folder);
  write_bytes(folder.path("later"), edited(bytes, [](Json& header, Json& program) {
                header["__metadata__"]["lamina.later"] = "7";
                header["conv/kernel"]["later"] = {1, 2};
                program["later"] = {{"a", 1}};
                program["variables"][0]["later"] = "x";
                for (auto& entry : program["entries"]) {
                  entry["later"] = 3;
                  for (Json& node : entry["nodes"]) node["later"] = nullptr;
                  for (Json& input : entry["inputs"]) input["later"] = true;
                }
              }));
  const Loaded later = load(folder.path("later"));
  EXPECT_TRUE(support::same_bits(behaviour(*later.program), behaviour(*load(folder.path("m")).program)));
}

TEST(LaminaFile, SharesTheMappingUntilVariablesAreWritten) {
  const Folder folder;
  saved(folder);
  const Loaded loaded = load(folder.path("m"));
  int shared = 0;
  for (const VariablePtr& variable : loaded.program->variables()) shared += variable->tensor().shared();
  EXPECT_GT(shared, 0);
  const Bytes before = read_bytes(folder.path("m"));
  const support::TinyData data = support::tiny_data(5, kSmall);
  loaded.program->run("train_step", {data.x, data.y});
  EXPECT_EQ(read_bytes(folder.path("m")), before);
  EXPECT_TRUE(support::same_bits(behaviour(*load(folder.path("m")).program), behaviour(*support::tiny_model(kSmall))));
}

TEST(LaminaFile, RefusesAnotherHeader) {
  const Folder folder;
  Bytes bytes = saved(folder);
  const std::size_t at = bytes.find("0.25");  // the dropout rate of a step that the golden values do not run
  bytes[at + 2] = '3';
  write_bytes(folder.path("m"), bytes);
  expect_error(ErrorKind::value, "the header was changed. Expected: the checksum it was written with",
               [&] { load(folder.path("m")); });
}

TEST(LaminaFile, HoldsNoModelAfterWriteTensors) {
  const Folder folder;
  write_container(folder.path("t"), {{{"x", Tensor::scalar(1.f)}}, {}});
  expect_error(
      ErrorKind::value,
      "it holds tensors but no model. Expected: a file that lamina saved. Received: no program in its metadata",
      [&] { load(folder.path("t")); });
}

TEST(LaminaFile, KeepsConstantsSizesAndInfinities) {
  const Folder folder;
  const Dim n = Dim::symbol("n"), m = Dim::symbol("m");
  const Value x = Value::placeholder({DType::float32, {n, m}}, "x"),
              y = Value::placeholder({DType::float32, {n, maximum(m - 2, 1) * 2 + n / 3}}, "y");
  const Value clipped = support::op("clip", {x}, {{"low", -std::numeric_limits<double>::infinity()}, {"high", 0.1}});
  const Value flat = ops::reshape(ops::add(clipped, Value(Tensor::scalar(0.25f))), {n * m});
  const Value tail = support::op("slice", {y}, {{"starts", Dims{0, 1}}, {"stops", Dims{n, minimum(m, 3)}}});
  Program program;
  program.add_entry("f", {{"x", x}, {"y", y}}, {{"flat", flat}, {"tail", tail}}, Trace());
  save(folder.path("p"), program, {}, {});
  const Loaded loaded = load(folder.path("p"));
  for (const std::int64_t rows : {1, 4}) {
    const std::vector<Tensor> inputs = {support::random<float>({rows, 5}, 1),
                                        support::random<float>({rows, 6 + rows / 3}, 2)};
    EXPECT_TRUE(support::same_bits(program.run("f", inputs), loaded.program->run("f", inputs)));
  }
}

}  // namespace
}  // namespace lamina::io
