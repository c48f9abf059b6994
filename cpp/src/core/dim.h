// Sizes that are known only when data comes: integer expressions over named symbols.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lamina/tensor.h"

namespace lamina {

// What so many numbers take.
inline std::size_t bytes_of(DType dtype, const Shape& shape) {
  return static_cast<std::size_t>(shape.size()) * size_of(dtype);
}

// The value of each symbol, for one set of input shapes.
using Bindings = std::map<std::string, std::int64_t, std::less<>>;

class Dim;
// What stands for a symbol or an expression, by its text, when a graph is used inside another one.
using Substitutions = std::map<std::string, Dim, std::less<>>;

class Dim {
 public:
  enum class Kind : std::uint8_t {
    number,
    symbol,
    add,
    subtract,
    multiply,
    floor_divide,
    ceil_divide,
    minimum,
    maximum
  };

  Dim() = default;
  Dim(std::int64_t number) : number_(number) {}  // NOLINT: a number is a dim
  static Dim symbol(std::string name);
  static Dim fresh();  // a symbol that no other has

  bool known() const { return expression_ == nullptr; }
  std::int64_t value() const { return number_; }  // when known
  std::int64_t value_or(std::int64_t otherwise) const { return known() ? number_ : otherwise; }

  Kind kind() const;
  const std::string& name() const;  // of a symbol
  const Dim& left() const;          // of an operation
  const Dim& right() const;
  static Dim make(Kind kind, const Dim& a, const Dim& b);  // simplified

  // Throws Error (value) when a symbol has no value.
  std::int64_t evaluate(const Bindings& bindings) const;
  // The expression with other ones in place of those named; the rest stays.
  Dim substitute(const Substitutions& substitutions) const;

  friend bool operator==(const Dim& a, const Dim& b);
  friend bool operator!=(const Dim& a, const Dim& b) { return !(a == b); }

 private:
  struct Expression;
  std::int64_t number_ = 0;
  std::shared_ptr<const Expression> expression_;
};

inline Dim operator+(const Dim& a, const Dim& b) { return Dim::make(Dim::Kind::add, a, b); }
inline Dim operator-(const Dim& a, const Dim& b) { return Dim::make(Dim::Kind::subtract, a, b); }
inline Dim operator*(const Dim& a, const Dim& b) { return Dim::make(Dim::Kind::multiply, a, b); }
inline Dim operator/(const Dim& a, const Dim& b) { return Dim::make(Dim::Kind::floor_divide, a, b); }
inline Dim ceil_divide(const Dim& a, const Dim& b) { return Dim::make(Dim::Kind::ceil_divide, a, b); }
inline Dim maximum(const Dim& a, const Dim& b) { return Dim::make(Dim::Kind::maximum, a, b); }
inline Dim minimum(const Dim& a, const Dim& b) { return Dim::make(Dim::Kind::minimum, a, b); }

std::string to_string(const Dim& dim);  // "32", "batch", "(batch*2)"

// A shape whose sizes are dims.
class Dims : public std::vector<Dim> {
 public:
  using std::vector<Dim>::vector;
  Dims(const Shape& shape) : std::vector<Dim>(shape.begin(), shape.end()) {}  // NOLINT: a shape is dims
  int rank() const { return static_cast<int>(size()); }
  bool known() const;
  Shape shape() const;  // when known
  Shape evaluate(const Bindings& bindings) const;
  Dim elements() const;
};

std::string to_string(const Dims& dims);  // "(None, 10)"

// Throws Error (value) for a negative size, or more elements than memory can hold.
void check_size(const Shape& shape);

// What a value is, before its numbers: dtype and sizes.
struct Spec {
  DType dtype = DType::float32;
  Dims dims;
  int rank() const { return dims.rank(); }
  std::size_t bytes() const { return bytes_of(dtype, dims.shape()); }  // when the dims are known
};

std::string to_string(const Spec& spec);  // "float32 (None, 10)"
std::string to_string(const std::vector<Spec>& specs);

}  // namespace lamina
