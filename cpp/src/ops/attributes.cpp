#include "ops/attributes.h"

#include <cmath>
#include <cstdio>

namespace lamina {

std::string to_string(const Attribute& attribute) {
  struct Visitor {
    std::string operator()(bool v) const { return v ? "True" : "False"; }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const {
      char text[32];
      std::snprintf(text, sizeof text, "%.17g", v);
      return text;
    }
    std::string operator()(const std::string& v) const { return "'" + v + "'"; }
    std::string operator()(const std::vector<std::int64_t>& v) const {
      std::string s = "[";
      for (std::size_t i = 0; i < v.size(); ++i) s += (i ? ", " : "") + std::to_string(v[i]);
      return s + "]";
    }
    std::string operator()(const Dims& v) const {
      std::string s = "[";
      for (std::size_t i = 0; i < v.size(); ++i) s += (i ? ", " : "") + to_string(v[i]);
      return s + "]";
    }
    std::string operator()(const Graphs& v) const {
      std::string s;
      for (const auto& graph : v) s += "{\n" + to_string(*graph) + "}";
      return s;
    }
  };
  return std::visit(Visitor{}, attribute);
}

std::string to_string(const Attributes& attributes) {
  std::string s;
  for (const auto& [name, value] : attributes) s += (s.empty() ? "" : ", ") + name + "=" + to_string(value);
  return s;
}

int detail::find_name(const char* const* names, int count, const std::string& attribute, const std::string& name) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    if (name == names[i]) return i;
    all += (i ? ", " : "") + std::string(names[i]);
  }
  fail(ErrorKind::value, attribute + " has an unknown value", "one of " + all, "'" + name + "'", "Check the spelling.");
}

const Attribute* AttributeReader::find(const char* name) {
  for (const auto& [key, value] : attributes_)
    if (key == name) {
      ++taken_;
      return &value;
    }
  return nullptr;
}

void AttributeReader::finish() const {
  if (taken_ == static_cast<int>(attributes_.size())) return;
  for (const auto& [key, value] : attributes_)
    if ((", " + known_ + ", ").find(", " + key + ", ") == std::string::npos)
      fail(ErrorKind::type, std::string(op_) + ": unknown attribute '" + key + "'",
           known_.empty() ? "no attributes" : known_, key + "=" + to_string(value), "Check the spelling.");
}

void AttributeReader::wrong(const char* name, const Attribute& a, const char* expected) const {
  fail(ErrorKind::type, std::string(op_) + ": attribute '" + name + "' has the wrong type", expected, to_string(a),
       "Pass a value of that type.");
}

void AttributeReader::read(const char* name, const Attribute& a, bool& field) const {
  if (auto* v = std::get_if<bool>(&a))
    field = *v;
  else
    wrong(name, a, "True or False");
}

void AttributeReader::read(const char* name, const Attribute& a, std::int64_t& field) const {
  if (auto* v = std::get_if<std::int64_t>(&a))
    field = *v;
  else
    wrong(name, a, "an integer");
}

void AttributeReader::read(const char* name, const Attribute& a, double& field) const {
  if (auto* v = std::get_if<double>(&a))
    field = *v;
  else if (auto* i = std::get_if<std::int64_t>(&a))
    field = static_cast<double>(*i);
  else
    wrong(name, a, "a number");
}

void AttributeReader::read(const char* name, const Attribute& a, std::string& field) const {
  if (auto* v = std::get_if<std::string>(&a))
    field = *v;
  else
    wrong(name, a, "a string");
}

void AttributeReader::read(const char* name, const Attribute& a, std::vector<std::int64_t>& field) const {
  if (auto* v = std::get_if<std::vector<std::int64_t>>(&a)) {
    field = *v;
  } else if (auto* d = std::get_if<Dims>(&a); d != nullptr && d->known()) {
    field.clear();
    for (const Dim& dim : *d) field.push_back(dim.value());
  } else {
    wrong(name, a, "a list of integers");
  }
}

void AttributeReader::read(const char* name, const Attribute& a, Dims& field) const {
  if (auto* v = std::get_if<Dims>(&a))
    field = *v;
  else if (auto* l = std::get_if<std::vector<std::int64_t>>(&a))
    field = Dims(l->begin(), l->end());
  else
    wrong(name, a, "a list of sizes");
}

void AttributeReader::read(const char* name, const Attribute& a, Dim& field) const {
  if (auto* v = std::get_if<Dims>(&a); v != nullptr && v->size() == 1)
    field = (*v)[0];
  else if (auto* l = std::get_if<std::vector<std::int64_t>>(&a); l != nullptr && l->size() == 1)
    field = (*l)[0];
  else if (auto* i = std::get_if<std::int64_t>(&a))
    field = *i;
  else
    wrong(name, a, "a size");
}

void AttributeReader::read(const char* name, const Attribute& a, Graphs& field) const {
  if (auto* v = std::get_if<Graphs>(&a))
    field = *v;
  else
    wrong(name, a, "graphs");
}

void AttributeReader::read(const char* name, const Attribute& a, DType& field) const {
  std::string s;
  read(name, a, s);
  field = dtype_of(s);
}

}  // namespace lamina
