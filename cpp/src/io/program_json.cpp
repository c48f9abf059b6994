#include "io/program_json.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/arena.h"
#include "lamina/error.h"

namespace lamina::io {

using Json = nlohmann::json;

namespace {

[[noreturn]] void wrong(const std::string& what, const std::string& expected, const std::string& received) {
  fail(ErrorKind::value, "The program of the file is damaged: " + what, expected, received.substr(0, 200),
       "Save the file again.");
}

// For messages. Lists and objects only by their kind: a hostile file nests them deeper than a stack.
std::string to_text(const Json& j) {
  return j.is_structured() ? std::string("an ") + j.type_name() + " of " + std::to_string(j.size()) : j.dump();
}

// --- Sizes: a number, a symbol's name, or [operation, left, right].

constexpr const char* kDimKinds[] = {"", "", "+", "-", "*", "//", "/^", "min", "max"};

Json json_of(const Dim& d) {
  if (d.known()) return d.value();
  if (d.kind() == Dim::Kind::symbol) return d.name();
  return Json::array({kDimKinds[static_cast<int>(d.kind())], json_of(d.left()), json_of(d.right())});
}

Dim dim_of(const Json& j, int depth = 0) {
  if (j.is_number_integer()) return j.get<std::int64_t>();
  if (j.is_string()) return Dim::symbol(j.get<std::string>());
  if (j.is_array() && j.size() == 3 && j[0].is_string() && depth < 64)
    for (int k = static_cast<int>(Dim::Kind::add); k <= static_cast<int>(Dim::Kind::maximum); ++k)
      if (j[0] == kDimKinds[k])
        return Dim::make(static_cast<Dim::Kind>(k), dim_of(j[1], depth + 1), dim_of(j[2], depth + 1));
  wrong("a size", "a number, a name or an operation of two sizes", to_text(j));
}

Json json_of(const Dims& dims) {
  Json j = Json::array();
  for (const Dim& d : dims) j.push_back(json_of(d));
  return j;
}

Dims dims_of(const Json& j) {
  if (!j.is_array()) wrong("a shape", "a list of sizes", to_text(j));
  Dims dims;
  for (const Json& d : j) dims.push_back(dim_of(d));
  return dims;
}

// --- Attributes. JSON has no infinities, so such numbers are {"float": "inf"}. Bodies are {"graphs": [...]}.

Json json_of(const Graph& body);
Graph body_of(const Json& j, int depth);

Json json_of(const Attribute& attribute) {
  struct Visitor {
    Json operator()(bool v) const { return v; }
    Json operator()(std::int64_t v) const { return v; }
    Json operator()(double v) const {
      if (std::isfinite(v)) return v;
      return {{"float", std::isnan(v) ? "nan" : v > 0 ? "inf" : "-inf"}};
    }
    Json operator()(const std::string& v) const { return v; }
    Json operator()(const std::vector<std::int64_t>& v) const { return v; }
    Json operator()(const Dims& v) const { return json_of(v); }
    Json operator()(const Graphs& v) const {
      Json graphs = Json::array();
      for (const auto& graph : v) graphs.push_back(json_of(*graph));
      return {{"graphs", graphs}};
    }
  };
  return std::visit(Visitor{}, attribute);
}

Attribute attribute_of(const Json& j, int depth) {
  if (j.is_boolean()) return j.get<bool>();
  if (j.is_number_integer()) return j.get<std::int64_t>();
  if (j.is_number_float()) return j.get<double>();
  if (j.is_string()) return j.get<std::string>();
  if (j.is_array()) {
    std::vector<std::int64_t> numbers;
    for (const Json& item : j)
      if (item.is_number_integer()) numbers.push_back(item.get<std::int64_t>());
    if (numbers.size() == j.size()) return numbers;
    return dims_of(j);
  }
  if (j.is_object() && j.size() == 1 && j.contains("float")) {
    if (j["float"] == "inf") return std::numeric_limits<double>::infinity();
    if (j["float"] == "-inf") return -std::numeric_limits<double>::infinity();
    if (j["float"] == "nan") return std::numeric_limits<double>::quiet_NaN();
  }
  constexpr int deepest = 32;  // loops inside loops
  if (j.is_object() && j.size() == 1 && j.contains("graphs") && j["graphs"].is_array() && depth < deepest) {
    Graphs graphs;
    for (const Json& item : j["graphs"]) graphs.push_back(std::make_shared<const Graph>(body_of(item, depth + 1)));
    return graphs;
  }
  wrong("an attribute", "a bool, number, string or list", to_text(j));
}

Json json_of(const Attributes& attributes) {
  Json j = Json::object();
  for (const auto& [name, value] : attributes) j[name] = json_of(value);
  return j;
}

Attributes attributes_of(const Json& j, int depth = 0) {
  Attributes attributes;
  for (const auto& [name, value] : j.items()) attributes.emplace_back(name, attribute_of(value, depth));
  return attributes;
}

// --- Graphs. Values are numbered as they appear: inputs, variables, constants, then each node's outputs.

// The numbers of a graph's values in the file.
class Numbering {
 public:
  explicit Numbering(const Graph& graph) : numbers_(graph.values.size(), -1) {}
  void add(int value) { numbers_[static_cast<std::size_t>(value)] = count_++; }
  int of(int value) const { return numbers_[static_cast<std::size_t>(value)]; }
  std::vector<int> of(const std::vector<int>& values) const {
    std::vector<int> out;
    for (int v : values) out.push_back(of(v));
    return out;
  }

 private:
  std::vector<int> numbers_;
  int count_ = 0;
};

Json json_of(const Spec& spec) { return {{"dtype", name_of(spec.dtype)}, {"shape", json_of(spec.dims)}}; }

Json nodes_of(const Graph& graph, Numbering& numbers) {
  Json j = Json::array();
  for (const Graph::Node& node : graph.nodes) {
    const Json attributes = json_of(node.op->attributes());
    j.push_back({{"op", node.op->name()}, {"inputs", numbers.of(node.inputs)}});
    if (!attributes.empty()) j.back()["attributes"] = attributes;
    for (int v : node.outputs) numbers.add(v);
  }
  return j;
}

Json json_of(const Graph& body) {
  Json j = {{"inputs", Json::array()}};
  Numbering numbers(body);
  for (const auto& input : body.inputs) {
    j["inputs"].push_back(json_of(body.values[static_cast<std::size_t>(input.value)]));
    numbers.add(input.value);
  }
  j["nodes"] = nodes_of(body, numbers);
  j["outputs"] = Json::array();
  for (const auto& output : body.outputs) j["outputs"].push_back(numbers.of(output.value));
  return j;
}

// The name of a constant in the container, where one tensor stands once.
std::string constant_name(const Tensor& tensor, const std::string& entry, std::size_t i, Container& container) {
  for (const auto& [name, other] : container.tensors)
    if (other.data() == tensor.data() && other.dtype() == tensor.dtype() && other.shape() == tensor.shape() &&
        name.rfind("constant/", 0) == 0)
      return name;
  container.tensors.emplace_back("constant/" + entry + "/" + std::to_string(i), tensor);
  return container.tensors.back().first;
}

Json json_of(const std::string& entry, const Graph& graph, Container& container) {
  Numbering numbers(graph);
  Json j = {{"inputs", Json::array()}, {"variables", Json::array()}, {"constants", Json::array()},
            {"nodes", Json::array()},  {"outputs", Json::array()},   {"writes", Json::array()}};
  for (const auto& [name, value] : graph.inputs) {
    j["inputs"].push_back(json_of(graph.values[static_cast<std::size_t>(value)]));
    j["inputs"].back()["name"] = name;
    numbers.add(value);
  }
  for (const auto& [variable, value] : graph.reads) {
    j["variables"].push_back(variable);
    numbers.add(value);
  }
  for (const auto& [tensor, value] : graph.constants) {
    j["constants"].push_back(constant_name(tensor, entry, j["constants"].size(), container));
    numbers.add(value);
  }
  j["nodes"] = nodes_of(graph, numbers);
  for (const auto& [name, value] : graph.outputs)
    j["outputs"].push_back({{"name", name}, {"value", numbers.of(value)}});
  for (const auto& [variable, value] : graph.writes)
    j["writes"].push_back({{"variable", variable}, {"value", numbers.of(value)}});
  return j;
}

const Json& member(const Json& j, const char* key, bool (Json::*is)() const noexcept) {
  if (!j.is_object() || !j.contains(key) || !(j[key].*is)())
    wrong("a member", std::string("'") + key + "' of the right kind", to_text(j));
  return j[key];
}

const Json& member(const Json& j, const char* key) {  // never a copy, which would recurse into what is nested
  if (!j.is_object() || !j.contains(key)) wrong("a member", std::string("'") + key + "'", to_text(j));
  return j[key];
}

int index_of(const Json& j, std::size_t count, const char* what) {
  if (!j.is_number_integer() || j.get<std::int64_t>() < 0 || j.get<std::int64_t>() >= static_cast<std::int64_t>(count))
    wrong(std::string("the number of ") + what, "0 to " + std::to_string(static_cast<std::int64_t>(count) - 1),
          to_text(j));
  return j.get<int>();
}

void refuse_twice(const std::vector<Graph::OfVariable>& list, int variable) {
  for (const Graph::OfVariable& other : list)
    if (other.variable == variable)
      wrong("a variable of an entry", "each variable once", "variable " + std::to_string(variable) + " twice");
}

Spec spec_of(const Json& j) {
  return {dtype_of(member(j, "dtype", &Json::is_string).get<std::string>()),
          dims_of(member(j, "shape", &Json::is_array))};
}

void read_nodes(const Json& j, Graph& graph, int depth) {
  for (const Json& n : member(j, "nodes", &Json::is_array)) {
    Graph::Node node;
    Attributes attributes;
    if (n.is_object() && n.contains("attributes"))
      attributes = attributes_of(member(n, "attributes", &Json::is_object), depth);
    node.op = make_op(member(n, "op", &Json::is_string).get<std::string>(), attributes);
    Specs specs;
    for (const Json& v : member(n, "inputs", &Json::is_array)) {
      node.inputs.push_back(index_of(v, graph.values.size(), "a value"));
      specs.push_back(graph.values[static_cast<std::size_t>(node.inputs.back())]);
    }
    for (Spec& spec : node.op->infer(specs)) {
      if (spec.dims.known()) check_size(spec.dims.shape());
      node.outputs.push_back(graph.add_value(std::move(spec)));
    }
    graph.nodes.push_back(std::move(node));
  }
}

Graph body_of(const Json& j, int depth) {
  Graph body;
  for (const Json& input : member(j, "inputs", &Json::is_array))
    body.inputs.push_back({"x" + std::to_string(body.inputs.size()), body.add_value(spec_of(input))});
  read_nodes(j, body, depth);
  for (const Json& output : member(j, "outputs", &Json::is_array))
    body.outputs.push_back(
        {"y" + std::to_string(body.outputs.size()), index_of(output, body.values.size(), "a value")});
  return body;
}

Graph graph_of(const Json& j, const Program& program, const Container& container) {
  constexpr auto array = &Json::is_array;
  constexpr auto string = &Json::is_string;
  Graph graph;
  for (const Json& input : member(j, "inputs", array)) {
    const int v = graph.add_value(spec_of(input));
    graph.inputs.push_back({member(input, "name", string).get<std::string>(), v});
  }
  for (const Json& variable : member(j, "variables", array)) {
    const int i = index_of(variable, program.variables().size(), "a variable");
    const Variable& var = *program.variables()[static_cast<std::size_t>(i)];
    refuse_twice(graph.reads, i);
    graph.reads.push_back({i, graph.add_value({var.dtype(), Dims(var.shape())})});
  }
  for (const Json& name : member(j, "constants", array)) {
    const Tensor* tensor = name.is_string() ? container.find(name.get<std::string>()) : nullptr;
    if (tensor == nullptr) wrong("a constant", "the name of a tensor in the file", to_text(name));
    graph.constants.push_back({*tensor, graph.add_value({tensor->dtype(), Dims(tensor->shape())})});
  }
  read_nodes(j, graph, 0);
  for (const Json& output : member(j, "outputs", array))
    graph.outputs.push_back({member(output, "name", string).get<std::string>(),
                             index_of(member(output, "value"), graph.values.size(), "a value")});
  for (const Json& write : member(j, "writes", array)) {
    const int i = index_of(member(write, "variable"), program.variables().size(), "a variable");
    const int v = index_of(member(write, "value"), graph.values.size(), "a value");
    const Variable& var = *program.variables()[static_cast<std::size_t>(i)];
    const Spec& spec = graph.values[static_cast<std::size_t>(v)];
    if (spec.dtype != var.dtype() || !(spec.dims == Dims(var.shape())))
      wrong("a value assigned to variable '" + var.name + "'", to_string(Spec{var.dtype(), Dims(var.shape())}),
            to_string(spec));
    refuse_twice(graph.writes, i);
    graph.writes.push_back({i, v});
  }
  return graph;
}

}  // namespace

std::string attributes_to_json(const Attributes& attributes) { return json_of(attributes).dump(); }

Attributes attributes_from_json(const std::string& text) {
  const Json j = Json::parse(text, nullptr, false);
  if (!j.is_object()) wrong("the attributes", "a JSON object", text);
  return attributes_of(j);
}

std::string program_to_json(const Program& program, Container& container) {
  Json j = {{"variables", Json::array()}, {"entries", Json::object()}};
  for (const VariablePtr& v : program.variables()) {
    j["variables"].push_back({{"name", v->name}, {"trainable", v->trainable}});
    container.tensors.emplace_back(v->name, v->tensor());
  }
  for (const auto& [name, graph] : program.graphs()) j["entries"][name] = json_of(name, graph, container);
  return j.dump();
}

std::shared_ptr<Program> program_from_json(const std::string& text, const Container& container) {
  const Json j = Json::parse(text, nullptr, false);
  if (j.is_discarded()) wrong("the JSON", "a JSON object", text);
  auto program = std::make_shared<Program>();
  for (const Json& v : member(j, "variables", &Json::is_array)) {
    const auto name = member(v, "name", &Json::is_string).get<std::string>();
    const Tensor* tensor = container.find(name);
    if (tensor == nullptr) wrong("a variable", "a tensor named '" + name + "' in the file", "none");
    const bool trainable = member(v, "trainable", &Json::is_boolean).get<bool>();
    const bool aligned = reinterpret_cast<std::uintptr_t>(tensor->data()) % kAlignment == 0;
    program->add_variable(aligned && tensor->dtype() != DType::string
                              ? Variable::sharing(*tensor, name, trainable)
                              : std::make_shared<Variable>(*tensor, name, trainable));
  }
  for (const auto& [name, graph] : member(j, "entries", &Json::is_object).items())
    program->add_entry(name, graph_of(graph, *program, container));
  return program;
}

}  // namespace lamina::io
