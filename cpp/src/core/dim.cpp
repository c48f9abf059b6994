#include "core/dim.h"

#include <algorithm>
#include <atomic>
#include <limits>

#include "lamina/error.h"

namespace lamina {

struct Dim::Expression {
  Kind kind;
  std::string name;
  Dim left, right;
};

Dim Dim::symbol(std::string name) {
  Dim d;
  d.expression_ = std::make_shared<const Expression>(Expression{Kind::symbol, std::move(name), {}, {}});
  return d;
}

Dim Dim::fresh() {
  static std::atomic<int> count{0};
  return symbol("n" + std::to_string(count.fetch_add(1)));
}

Dim::Kind Dim::kind() const { return expression_ ? expression_->kind : Kind::number; }
const std::string& Dim::name() const { return expression_->name; }
const Dim& Dim::left() const { return expression_->left; }
const Dim& Dim::right() const { return expression_->right; }

namespace {

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  if (b == 0)
    fail(ErrorKind::value, "A size is divided by zero", "a positive divisor", std::to_string(a) + " / 0",
         "Check the shapes and attributes.");
  return a / b - ((a % b != 0) && ((a < 0) != (b < 0)));
}

// Numbers from a file may be anything, so nothing here may overflow.
std::int64_t compute(Dim::Kind kind, std::int64_t a, std::int64_t b) {
  constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
  const bool divides = kind == Dim::Kind::floor_divide || kind == Dim::Kind::ceil_divide;
  std::int64_t result = 0;
  if ((kind == Dim::Kind::add && __builtin_add_overflow(a, b, &result)) ||
      (kind == Dim::Kind::subtract && __builtin_sub_overflow(a, b, &result)) ||
      (kind == Dim::Kind::multiply && __builtin_mul_overflow(a, b, &result)) ||
      (divides && (a == lowest || b == lowest)))
    fail(ErrorKind::value, "A size is out of range", "sizes of at most 63 bits",
         std::to_string(a) + " and " + std::to_string(b), "Check the shapes and attributes.");
  switch (kind) {
    case Dim::Kind::add:
    case Dim::Kind::subtract:
    case Dim::Kind::multiply:
      return result;
    case Dim::Kind::floor_divide:
      return floor_divide(a, b);
    case Dim::Kind::ceil_divide:
      return -floor_divide(-a, b);
    case Dim::Kind::minimum:
      return std::min(a, b);
    default:
      return std::max(a, b);
  }
}

// Symbols are sizes. A difference may be anything.
bool never_negative(const Dim& d) {
  switch (d.kind()) {
    case Dim::Kind::number:
      return d.value() >= 0;
    case Dim::Kind::symbol:
      return true;
    case Dim::Kind::subtract:
      return false;
    case Dim::Kind::maximum:
      return never_negative(d.left()) || never_negative(d.right());
    default:
      return never_negative(d.left()) && never_negative(d.right());
  }
}

}  // namespace

Dim Dim::make(Kind kind, const Dim& a, const Dim& b) {
  if (a.known() && b.known()) return compute(kind, a.value(), b.value());
  const bool zero = b.known() && b.value() == 0, one = b.known() && b.value() == 1;
  switch (kind) {
    case Kind::add:
      if (a.known()) return make(kind, b, a);
      if (zero) return a;
      if (b.known() && a.kind() == Kind::add && a.right().known()) return make(kind, a.left(), a.right() + b);
      break;
    case Kind::subtract:
      if (b.known()) return a + compute(kind, 0, b.value());
      if (a == b) return 0;
      if (a.kind() == Kind::add && a.left() == b) return a.right();
      if (a.kind() == Kind::add && a.right() == b) return a.left();
      break;
    case Kind::multiply:
      if (a.known()) return make(kind, b, a);
      if (zero) return 0;
      if (one) return a;
      if (b.known() && a.kind() == Kind::multiply && a.right().known()) return make(kind, a.left(), a.right() * b);
      break;
    case Kind::floor_divide:
    case Kind::ceil_divide:
      if (one) return a;
      if (a == b) return 1;
      if (a.kind() == Kind::multiply) {
        if (a.right() == b) return a.left();
        if (a.left() == b) return a.right();
        if (a.right().known() && b.known() && b.value() > 0 && a.right().value() % b.value() == 0)
          return a.left() * Dim(a.right().value() / b.value());
      }
      break;
    default:
      if (a == b) return a;
      if (kind == Kind::maximum && b.known() && b.value() <= 0 && never_negative(a)) return a;
      break;
  }
  Dim d;
  d.expression_ = std::make_shared<const Expression>(Expression{kind, {}, a, b});
  return d;
}

std::int64_t Dim::evaluate(const Bindings& bindings) const {
  if (known()) return number_;
  if (kind() != Kind::symbol) return compute(kind(), left().evaluate(bindings), right().evaluate(bindings));
  auto it = bindings.find(name());
  if (it == bindings.end())
    fail(ErrorKind::value, "A size is unknown", "an input whose shape gives it", "the symbol '" + name() + "'",
         "Make the size depend on an input of the program.");
  return it->second;
}

Dim Dim::substitute(const Substitutions& substitutions) const {
  if (known()) return *this;
  const auto it = substitutions.find(to_string(*this));
  if (it != substitutions.end()) return it->second;
  if (kind() == Kind::symbol) return *this;
  return make(kind(), left().substitute(substitutions), right().substitute(substitutions));
}

bool operator==(const Dim& a, const Dim& b) {
  if (a.expression_ == b.expression_) return a.known() ? a.number_ == b.number_ : true;
  if (a.known() || b.known() || a.kind() != b.kind()) return false;
  if (a.kind() == Dim::Kind::symbol) return a.name() == b.name();
  return a.left() == b.left() && a.right() == b.right();
}

std::string to_string(const Dim& dim) {
  if (dim.known()) return std::to_string(dim.value());
  if (dim.kind() == Dim::Kind::symbol) return dim.name();
  static const char* names[] = {"", "", "+", "-", "*", "//", "/^", "min", "max"};
  return "(" + to_string(dim.left()) + names[static_cast<int>(dim.kind())] + to_string(dim.right()) + ")";
}

bool Dims::known() const {
  return std::all_of(begin(), end(), [](const Dim& d) { return d.known(); });
}

Shape Dims::shape() const { return evaluate({}); }

Shape Dims::evaluate(const Bindings& bindings) const {
  Shape s;
  for (const Dim& d : *this) s.push_back(d.evaluate(bindings));
  return s;
}

Dim Dims::elements() const {
  Dim n = 1;
  for (const Dim& d : *this) n = n * d;
  return n;
}

std::string to_string(const Dims& dims) {
  std::string s = "(";
  for (int i = 0; i < dims.rank(); ++i)
    s += (i ? ", " : "") + (dims[i].known() ? std::to_string(dims[i].value()) : "None");
  return s + (dims.rank() == 1 ? ",)" : ")");
}

std::string to_string(const Spec& spec) { return std::string(name_of(spec.dtype)) + " " + to_string(spec.dims); }

std::string to_string(const std::vector<Spec>& specs) {
  std::string s;
  for (const Spec& spec : specs) s += (s.empty() ? "" : ", ") + to_string(spec);
  return s;
}

}  // namespace lamina
