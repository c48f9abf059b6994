// What the tests share: expected errors, numbers to compute with, comparisons, and ops by name.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "autodiff/gradient.h"
#include "lamina/error.h"
#include "lamina/tensor.h"
#include "ops/functions.h"
#include "ops/op.h"

namespace lamina::support {

// Expects an Error of the kind that has the four parts and contains `part`.
template <class F>
void expect_error(ErrorKind kind, const std::string& part, F&& f) {
  try {
    f();
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_EQ(error.kind(), kind) << text;
    EXPECT_NE(text.find(part), std::string::npos) << "wanted: " << part << "\ngot: " << text;
    EXPECT_NE(text.find(". Expected: "), std::string::npos) << text;
    EXPECT_NE(text.find(". Received: "), std::string::npos) << text;
    return;
  }
  ADD_FAILURE() << "no error; wanted: " << part;
}

// Expects an Error with exactly this text.
template <class F>
void expect_error_text(ErrorKind kind, const std::string& text, F&& f) {
  try {
    f();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    EXPECT_EQ(std::string(error.what()), text);
    return;
  }
  ADD_FAILURE() << "no error; wanted: " << text;
}

template <class T>
Tensor random(const Shape& shape, unsigned seed, double low = -1, double high = 1) {
  Tensor t(dtype_of<T>(), shape);
  std::mt19937 engine(seed);
  std::uniform_real_distribution<double> draw(low, high);
  for (std::int64_t i = 0; i < t.size(); ++i) t.data<T>()[i] = static_cast<T>(draw(engine));
  return t;
}

inline bool same_bits(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() && std::memcmp(a.data(), b.data(), a.bytes()) == 0;
}

inline bool same_bits(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!same_bits(a[i], b[i])) return false;
  return true;
}

// The largest |a - b| of two tensors of one shape and dtype; infinity when those differ.
template <class T>
double difference(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (std::int64_t i = 0; i < a.size(); ++i)
    largest = std::max(largest, std::abs(static_cast<double>(a.data<T>()[i]) - static_cast<double>(b.data<T>()[i])));
  return largest;
}

inline Values all(const std::string& name, const Attributes& attributes, const Values& inputs) {
  return lamina::apply(make_op(name, attributes), inputs);
}
inline Value op(const std::string& name, const Values& inputs, const Attributes& attributes = {}) {
  return all(name, attributes, inputs)[0];
}

using Ints = std::vector<std::int64_t>;

// The op with every attribute changed from its default to something that shows when it is lost.
inline OpPtr unusual(const OpInfo& info) {
  Attributes attributes = info.make({})->attributes();
  double number = 0.1;  // has no short binary form
  for (auto& [name, value] : attributes) {
    if (auto* b = std::get_if<bool>(&value)) *b = !*b;
    if (auto* i = std::get_if<std::int64_t>(&value)) *i -= 3;
    if (auto* d = std::get_if<double>(&value)) {
      *d = number;
      number = number > 0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    }
    if (auto* s = std::get_if<std::string>(&value))
      *s = name == "dtype"        ? "float64"
           : name == "padding"    ? "same"
           : name == "activation" ? "gelu"
           : name == "kind"       ? "prod"
           : name == "reduction"  ? "mul"
           : name == "fill_mode"  ? "mirror"
           : name == "split"      ? "character"
                                  : "tanh";
    if (auto* l = std::get_if<Ints>(&value)) *l = {1, -2, 1LL << 40};
    if (auto* d = std::get_if<Dims>(&value)) {
      const Dim n = Dim::symbol("n"), m = Dim::symbol("m");
      const Dim expression = maximum(ceil_divide(n * 2 + 1, 3), minimum(m - n, (n + m) / 4));
      *d = d->size() == 1 ? Dims{expression} : Dims{expression, 5, -1, n};
    }
  }
  return info.make(attributes);
}

}  // namespace lamina::support
