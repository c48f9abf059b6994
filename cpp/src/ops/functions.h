// Ops as functions on values, for gradients and passes.
#pragma once

#include "autodiff/value.h"

namespace lamina::ops {

Value add(const Value& a, const Value& b);
Value subtract(const Value& a, const Value& b);
Value multiply(const Value& a, const Value& b);
Value divide(const Value& a, const Value& b);
Value negative(const Value& x);
Value less(const Value& a, const Value& b);
Value less_equal(const Value& a, const Value& b);
Value greater_equal(const Value& a, const Value& b);
Value equal(const Value& a, const Value& b);
Value logical_and(const Value& a, const Value& b);
Value where(const Value& condition, const Value& a, const Value& b);
Value cast(const Value& x, DType dtype);
Value fill(const Dims& shape, double value, DType dtype);
Value like(const Value& x, double value);     // a scalar of x's dtype
Value scaled(const Value& x, double factor);  // x * factor
Value zeros_like(const Value& x);
Value dim_value(const Dim& dim, DType dtype);  // a size as a scalar
Value reshape(const Value& x, const Dims& shape);
Value broadcast_to(const Value& x, const Dims& shape);
Value sum_to(const Value& x, const Dims& shape);  // the gradient of broadcasting
Value sum(const Value& x, const std::vector<std::int64_t>& axes, bool keepdims);
Value transpose(const Value& x, const std::vector<std::int64_t>& axes);
Value matmul(const Value& a, const Value& b, bool transpose_a, bool transpose_b);

}  // namespace lamina::ops

namespace lamina {

bool is_half(DType dtype);             // float16 or bfloat16
Tensor widened(const Tensor& tensor);  // in float32, if it is one of them

}  // namespace lamina
