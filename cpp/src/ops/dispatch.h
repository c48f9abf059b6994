// From a dtype known at run time to a type known at compile time.
#pragma once

#include "lamina/error.h"
#include "lamina/tensor.h"

namespace lamina {

// f(T{}) for the type T of the dtype.
template <class F>
decltype(auto) for_dtype(DType dtype, F&& f) {
  switch (dtype) {
    case DType::float32:
      return f(float{});
    case DType::float64:
      return f(double{});
    case DType::int32:
      return f(std::int32_t{});
    case DType::int64:
      return f(std::int64_t{});
    case DType::uint8:
      return f(std::uint8_t{});
    default:
      return f(bool{});
  }
}

// The same for the floating dtypes, which `infer` has made sure of.
template <class F>
decltype(auto) for_floating(DType dtype, F&& f) {
  return dtype == DType::float64 ? f(double{}) : f(float{});
}

}  // namespace lamina
