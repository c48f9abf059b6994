// The attributes of an op as named values, and the two visitors that turn an op's struct into them and back. An op
// lists its fields once, in `fields`; JSON, repr, hashing and Python keyword arguments all follow from that.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/dim.h"
#include "lamina/error.h"

namespace lamina {

struct Graph;
// The bodies of control flow: graphs of their own (program/graph.h).
using Graphs = std::vector<std::shared_ptr<const Graph>>;

using Attribute = std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>, Dims, Graphs>;
using Attributes = std::vector<std::pair<std::string, Attribute>>;

std::string to_string(const Attribute& attribute);
std::string to_string(const Attributes& attributes);  // "axis=-1, keepdims=False"

// An enumeration that travels by name: specialise with `static constexpr const char* names[]`.
template <class E>
struct EnumNames;

namespace detail {

template <class E>
std::string name_of_enum(E e) {
  return EnumNames<E>::names[static_cast<int>(e)];
}

// Throws Error (value) that lists the names.
int find_name(const char* const* names, int count, const std::string& attribute, const std::string& name);

template <class E>
E enum_of_name(const std::string& attribute, const std::string& name) {
  constexpr int count = sizeof(EnumNames<E>::names) / sizeof(EnumNames<E>::names[0]);
  return static_cast<E>(find_name(EnumNames<E>::names, count, attribute, name));
}

}  // namespace detail

// Struct -> attributes.
class AttributeWriter {
 public:
  template <class T>
  void operator()(const char* name, T& field) {
    if constexpr (std::is_same_v<T, DType>)
      attributes.emplace_back(name, std::string(name_of(field)));
    else if constexpr (std::is_enum_v<T>)
      attributes.emplace_back(name, detail::name_of_enum(field));
    else if constexpr (std::is_same_v<T, Dim>)
      attributes.emplace_back(name, Dims{field});
    else
      attributes.emplace_back(name, field);
  }
  Attributes attributes;
};

// Attributes -> struct. Throws Error for a wrong type; `finish` throws for an attribute that no field took.
class AttributeReader {
 public:
  AttributeReader(const char* op, const Attributes& attributes) : op_(op), attributes_(attributes) {}

  template <class T>
  void operator()(const char* name, T& field) {
    known_ += (known_.empty() ? "" : ", ") + std::string(name);
    const Attribute* a = find(name);
    if (a != nullptr) read(name, *a, field);
  }
  void finish() const;

 private:
  const Attribute* find(const char* name);
  [[noreturn]] void wrong(const char* name, const Attribute& a, const char* expected) const;
  void read(const char* name, const Attribute& a, bool& field) const;
  void read(const char* name, const Attribute& a, std::int64_t& field) const;
  void read(const char* name, const Attribute& a, double& field) const;
  void read(const char* name, const Attribute& a, std::string& field) const;
  void read(const char* name, const Attribute& a, std::vector<std::int64_t>& field) const;
  void read(const char* name, const Attribute& a, Dims& field) const;
  void read(const char* name, const Attribute& a, Dim& field) const;
  void read(const char* name, const Attribute& a, DType& field) const;
  void read(const char* name, const Attribute& a, Graphs& field) const;
  template <class E>
  std::enable_if_t<std::is_enum_v<E>> read(const char* name, const Attribute& a, E& field) const {
    std::string s;
    read(name, a, s);
    field = detail::enum_of_name<E>(std::string(op_) + ": " + name, s);
  }

  const char* op_;
  const Attributes& attributes_;
  std::string known_;
  int taken_ = 0;
};

// What graphs as attributes need, defined where graphs are.
bool sized(const Graph& graph);
std::shared_ptr<const Graph> bind(const Graph& graph, const Bindings& bindings);
std::string to_string(const Graph& graph);

// Whether an op has a field that says the dtype of its results.
struct AttributeDType {
  bool found = false;
  template <class T>
  void operator()(const char*, T&) {
    found = found || std::is_same_v<T, DType>;
  }
};

// Whether all dims in an op's fields are numbers.
struct AttributeSizes {
  bool known = true;
  template <class T>
  void operator()(const char*, T& field) {
    if constexpr (std::is_same_v<T, Dims> || std::is_same_v<T, Dim>)
      known = known && field.known();
    else if constexpr (std::is_same_v<T, Graphs>)
      for (const auto& graph : field) known = known && sized(*graph);
  }
};

// Dims in an op's fields become numbers.
class AttributeBinder {
 public:
  explicit AttributeBinder(const Bindings& bindings) : bindings_(bindings) {}
  template <class T>
  void operator()(const char*, T& field) {
    if constexpr (std::is_same_v<T, Dims>) {
      for (Dim& d : field) d = d.evaluate(bindings_);
    } else if constexpr (std::is_same_v<T, Dim>) {
      field = field.evaluate(bindings_);
    } else if constexpr (std::is_same_v<T, Graphs>) {
      for (auto& graph : field) graph = bind(*graph, bindings_);
    }
  }

 private:
  const Bindings& bindings_;
};

}  // namespace lamina
