#include "io/lamina_file.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "io/crc32c.h"
#include "io/packed_texts.h"
#include "io/program_json.h"
#include "io/safetensors.h"
#include "lamina/error.h"
#include "ops/dispatch.h"
#include "ops/functions.h"
#include "program/control.h"

namespace lamina::io {

namespace {

constexpr const char* kVersionKey = "lamina.version";
constexpr const char* kProgramKey = "lamina.program";
constexpr const char* kTextsKey = "lamina.texts";
constexpr const char* kChecksumsKey = "lamina.crc32c";
constexpr const char* kHeaderSum = "__metadata__";  // among the checksums; no tensor has this name
constexpr const char* kVersion = "1";

[[noreturn]] void refuse(const std::string& path, const std::string& what, const std::string& expected,
                         const std::string& received, const std::string& fix) {
  fail(ErrorKind::value, "The file '" + path + "' is refused: " + what, expected, received, fix);
}

// Of everything that is not a tensor's numbers: the metadata, and the tensors' names, dtypes and shapes.
std::uint32_t header_sum(const Container& container) {
  std::set<std::string> parts;
  for (const auto& [key, value] : container.metadata)
    if (key != kChecksumsKey) parts.insert(key + '\0' + value);
  for (const auto& [name, tensor] : container.tensors)
    parts.insert(name + '\0' + name_of(tensor.dtype()) + to_string(tensor.shape()));
  std::string text;
  for (const std::string& part : parts) text += part + '\0';
  return crc32c(text.data(), text.size());
}

void check_sums(const std::string& path, const Container& container) {
  auto it = container.metadata.find(kChecksumsKey);
  const auto sums = nlohmann::json::parse(it == container.metadata.end() ? "" : it->second, nullptr, false);
  auto check = [&](const std::string& name, const std::string& what, std::uint32_t sum) {
    if (!sums.is_object() || !sums.contains(name) || sums[name] != sum)
      refuse(path, what + " was changed", "the checksum it was written with", std::to_string(sum),
             "Copy or save the file again.");
  };
  for (const auto& [name, tensor] : container.tensors)
    check(name, "tensor '" + name + "'", crc32c(tensor.data(), tensor.bytes()));
  check(kHeaderSum, "the header", header_sum(container));
}

template <class T>
bool close(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  const T *x = a.data<T>(), *y = b.data<T>();
  double largest = 0;
  for (std::int64_t i = 0; i < a.size(); ++i)
    if (std::isfinite(static_cast<double>(y[i]))) largest = std::max(largest, std::abs(static_cast<double>(y[i])));
  // Levels of instructions round differently; a wrong port is off by more.
  const double tolerance = is_floating(a.dtype()) ? 1e-3 * (largest + 1e-3) : 0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const auto u = static_cast<double>(x[i]), v = static_cast<double>(y[i]);
    const bool same = u == v || (std::isnan(u) && std::isnan(v)) || std::abs(u - v) <= tolerance;
    if (!same) return false;
  }
  return true;
}

bool close_numbers(const Tensor& found, const Tensor& expected) {
  return for_dtype(found.dtype(), [&](auto t) { return close<decltype(t)>(found, widened(expected)); });
}

bool same_texts(const Tensor& a, const Tensor& b) {
  bool same = a.shape() == b.shape();
  for (std::int64_t i = 0; same && i < a.size(); ++i) same = a.data<Text>()[i].view() == b.data<Text>()[i].view();
  return same;
}

std::string golden_name(const char* kind, std::size_t i) {
  return std::string("golden/") + kind + "/" + std::to_string(i);
}

std::vector<Tensor> golden_inputs(const Container& container) {
  std::vector<Tensor> inputs;
  while (const Tensor* t = container.find(golden_name("input", inputs.size()))) inputs.push_back(*t);
  return inputs;
}

// Loading runs what the file says: never a loop that may not end.
bool ends(const Graph& graph) {
  return std::all_of(graph.nodes.begin(), graph.nodes.end(), [](const Graph::Node& node) {
    constexpr std::int64_t most_steps = 1'000'000;
    if (node.op->as<While>() != nullptr) return false;
    if (const auto* scan = node.op->as<Scan>(); scan != nullptr && scan->length.value_or(0) > most_steps) return false;
    const Attributes attributes = node.op->attributes();
    return std::all_of(attributes.begin(), attributes.end(), [](const auto& attribute) {
      const auto* graphs = std::get_if<Graphs>(&attribute.second);
      return graphs == nullptr || std::all_of(graphs->begin(), graphs->end(), [](const auto& g) { return ends(*g); });
    });
  });
}

// Nor with more memory than a few samples should need.
void check_memory(const std::string& path, Program& program, const std::vector<Tensor>& inputs) {
  constexpr std::size_t most = std::size_t{4} << 30;
  const std::size_t bytes = program.bytes_of_run("predict", inputs);
  if (bytes > most)
    refuse(path, "its golden inputs need too much memory", "at most " + std::to_string(most) + " bytes",
           std::to_string(bytes), "Save the model with fewer or smaller samples.");
}

void check_golden(const std::string& path, Program& program, const Container& container,
                  const std::vector<Tensor>& inputs) {
  if (inputs.empty() || !program.has_entry("predict") || !ends(program.graph("predict"))) return;
  check_memory(path, program, inputs);
  const std::vector<Tensor> outputs = program.run("predict", inputs);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Tensor* expected = container.find(golden_name("output", i));
    const Tensor found = widened(outputs[i]);
    const bool same = expected != nullptr && expected->dtype() == outputs[i].dtype() &&
                      (found.dtype() == DType::string ? same_texts(found, *expected) : close_numbers(found, *expected));
    if (!same)
      refuse(path, "it does not compute here what it computed where it was saved",
             "the outputs stored in the file for its golden inputs", "other numbers in output " + std::to_string(i),
             "Report this: the file is damaged in a way no checksum shows, or this build of the library is wrong.");
  }
}

}  // namespace

void save(const std::string& path, Program& program, const Metadata& metadata, const std::vector<Tensor>& golden) {
  const Gate::Pass pass(program.gate(), false);  // nothing trains before the golden outputs are there
  Container container;
  container.metadata = metadata;
  container.metadata[kVersionKey] = kVersion;
  container.metadata[kProgramKey] = program_to_json(program, container);
  if (!golden.empty()) {
    const std::vector<Tensor> outputs = program.run("predict", golden);
    for (std::size_t i = 0; i < golden.size(); ++i) container.tensors.emplace_back(golden_name("input", i), golden[i]);
    for (std::size_t i = 0; i < outputs.size(); ++i)
      container.tensors.emplace_back(golden_name("output", i), outputs[i]);
  }
  if (const std::string texts = pack_texts(container); texts != "{}") container.metadata[kTextsKey] = texts;
  nlohmann::json sums = nlohmann::json::object();
  for (const auto& [name, tensor] : container.tensors) sums[name] = crc32c(tensor.data(), tensor.bytes());
  sums[kHeaderSum] = header_sum(container);
  container.metadata[kChecksumsKey] = sums.dump();
  write_container(path, container);
}

namespace {

Loaded loaded(const std::string& path, Container container) {
  auto version = container.metadata.find(kVersionKey);
  if (version == container.metadata.end() || container.metadata.count(kProgramKey) == 0)
    refuse(path, "it holds tensors but no model", "a file that lamina saved", "no program in its metadata",
           "Build the model in code and read the weights with a safetensors reader.");
  if (version->second != kVersion)
    refuse(path, "its format is of another version", kVersion, version->second,
           "Use the version of lamina that wrote it.");
  check_sums(path, container);
  if (auto texts = container.metadata.find(kTextsKey); texts != container.metadata.end())
    unpack_texts(texts->second, container);
  auto program = program_from_json(container.metadata[kProgramKey], container);
  std::vector<Tensor> golden = golden_inputs(container);
  check_golden(path, *program, container, golden);
  Metadata metadata = std::move(container.metadata);
  for (const char* key : {kVersionKey, kProgramKey, kTextsKey, kChecksumsKey}) metadata.erase(key);
  return {std::move(program), std::move(metadata), std::move(golden)};
}

}  // namespace

Loaded load(const std::string& path) { return loaded(path, read_container(path)); }

Loaded load(const void* bytes, std::size_t size) { return loaded("(in memory)", read_container(bytes, size)); }

}  // namespace lamina::io
