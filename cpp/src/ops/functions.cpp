#include "ops/functions.h"

#include "ops/creation.h"
#include "ops/elementwise.h"
#include "ops/layout.h"
#include "ops/matmul.h"
#include "ops/reduce.h"

namespace lamina::ops {

namespace k = kernels;

namespace {

template <class T>
Value one(T definition, const Values& inputs) {
  return call(std::move(definition), inputs)[0];
}

}  // namespace

Value add(const Value& a, const Value& b) { return one(Binary<k::Binary::add>{}, {a, b}); }
Value subtract(const Value& a, const Value& b) { return one(Binary<k::Binary::subtract>{}, {a, b}); }
Value multiply(const Value& a, const Value& b) { return one(Binary<k::Binary::multiply>{}, {a, b}); }
Value divide(const Value& a, const Value& b) { return one(Binary<k::Binary::divide>{}, {a, b}); }
Value negative(const Value& x) { return one(Unary<k::Unary::negative>{}, {x}); }
Value less(const Value& a, const Value& b) { return one(Compare<k::Compare::less>{}, {a, b}); }
Value less_equal(const Value& a, const Value& b) { return one(Compare<k::Compare::less_equal>{}, {a, b}); }
Value greater_equal(const Value& a, const Value& b) { return one(Compare<k::Compare::greater_equal>{}, {a, b}); }
Value equal(const Value& a, const Value& b) { return one(Compare<k::Compare::equal>{}, {a, b}); }
Value logical_and(const Value& a, const Value& b) { return one(Binary<k::Binary::logical_and>{}, {a, b}); }
Value where(const Value& condition, const Value& a, const Value& b) { return one(Where{}, {condition, a, b}); }
Value cast(const Value& x, DType dtype) { return x.dtype() == dtype ? x : one(Cast{dtype}, {x}); }
Value fill(const Dims& shape, double value, DType dtype) { return one(Fill{shape, value, dtype}, {}); }
Value like(const Value& x, double value) { return fill({}, value, x.dtype()); }
Value scaled(const Value& x, double factor) { return multiply(x, like(x, factor)); }
Value zeros_like(const Value& x) { return fill(x.dims(), 0, x.dtype()); }
Value reshape(const Value& x, const Dims& shape) { return one(Reshape{shape}, {x}); }

Value dim_value(const Dim& dim, DType dtype) {
  return dim.known() ? fill({}, static_cast<double>(dim.value()), dtype) : one(DimValue{dim, dtype}, {});
}

Value broadcast_to(const Value& x, const Dims& shape) { return x.dims() == shape ? x : one(BroadcastTo{shape}, {x}); }
Value sum_to(const Value& x, const Dims& shape) { return x.dims() == shape ? x : one(SumTo{shape}, {x}); }

Value sum(const Value& x, const std::vector<std::int64_t>& axes, bool keepdims) {
  return one(Reduce<k::Reduce::sum>{axes, keepdims}, {x});
}

Value transpose(const Value& x, const std::vector<std::int64_t>& axes) { return one(Transpose{axes}, {x}); }

Value matmul(const Value& a, const Value& b, bool transpose_a, bool transpose_b) {
  return one(Matmul{transpose_a, transpose_b}, {a, b});
}

}  // namespace lamina::ops

namespace lamina {

bool is_half(DType dtype) { return dtype == DType::float16 || dtype == DType::bfloat16; }

Tensor widened(const Tensor& tensor) {
  return is_half(tensor.dtype()) ? ops::cast(Value(tensor), DType::float32).tensor() : tensor;
}

}  // namespace lamina
