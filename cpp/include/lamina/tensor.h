// Tensors: a dtype, a shape and contiguous row-major elements: numbers or texts.
//
//   lamina::Tensor x = lamina::Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6});
//   std::vector<float> pixels(28 * 28);
//   lamina::Tensor view(lamina::DType::float32, {1, 28, 28, 1}, pixels.data(), nullptr);   // copies nothing
//   x.data<float>()[4];                                                                    // 5
//   x.data<double>();                                                                      // throws Error (type)
//
// A copy of a Tensor is another handle on the same numbers. Threads may read one tensor at once, and each may use a
// handle of its own; numbers that one thread writes are for nobody else meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/export.h"

namespace lamina {

// The 16-bit floats are for storage: ops compute on them in float32. Complex numbers are pairs, real then imaginary.
enum class DType : std::uint8_t {
  float32,
  float64,
  int32,
  int64,
  uint8,
  boolean,
  float16,
  bfloat16,
  complex64,
  complex128,
  string
};

// An element of a string tensor: UTF-8 bytes (or any others) that its tensor keeps alive. All zero is the empty text.
struct Text {
  const char* data = nullptr;
  std::int64_t size = 0;
  std::string_view view() const { return {data, static_cast<std::size_t>(size)}; }
};

LAMINA_API std::size_t size_of(DType dtype);       // bytes of one element
LAMINA_API const char* name_of(DType dtype);       // "float32" ... "bool"
LAMINA_API DType dtype_of(std::string_view name);  // throws Error (type) for an unknown name
LAMINA_API bool is_floating(DType dtype);
LAMINA_API bool is_complex(DType dtype);  // pairs of float32 or float64, which few ops take

template <class T>
constexpr DType dtype_of();
template <>
constexpr DType dtype_of<float>() {
  return DType::float32;
}
template <>
constexpr DType dtype_of<double>() {
  return DType::float64;
}
template <>
constexpr DType dtype_of<std::int32_t>() {
  return DType::int32;
}
template <>
constexpr DType dtype_of<std::int64_t>() {
  return DType::int64;
}
template <>
constexpr DType dtype_of<std::uint8_t>() {
  return DType::uint8;
}
template <>
constexpr DType dtype_of<bool>() {
  return DType::boolean;
}
template <>
constexpr DType dtype_of<Text>() {
  return DType::string;
}

// Up to eight sizes, held in place.
class LAMINA_API Shape {
 public:
  static constexpr int max_rank = 8;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> dims);
  template <class Iterator>
  Shape(Iterator begin, Iterator end) {
    for (; begin != end; ++begin) push_back(*begin);
  }

  int rank() const { return rank_; }
  std::int64_t operator[](int axis) const { return dims_[axis]; }
  std::int64_t& operator[](int axis) { return dims_[axis]; }
  const std::int64_t* begin() const { return dims_; }
  const std::int64_t* end() const { return dims_ + rank_; }
  void push_back(std::int64_t dim);  // throws Error (value) above max_rank
  std::int64_t size() const;         // the number of elements
  std::int64_t size(int first_axis,
                    int last_axis) const;  // of the axes [first, last)

  LAMINA_API friend bool operator==(const Shape& a, const Shape& b);
  friend bool operator!=(const Shape& a, const Shape& b) { return !(a == b); }

 private:
  std::int64_t dims_[max_rank] = {};
  int rank_ = 0;
};

LAMINA_API std::string to_string(const Shape& shape);  // "(32, 10)"

// A handle on shared storage: copying a Tensor copies no numbers.
class LAMINA_API Tensor {
 public:
  Tensor() = default;
  // Uninitialised (texts: empty), 64-byte aligned. Throws Error (value) for a negative size.
  Tensor(DType dtype, const Shape& shape);
  // A view of memory that `owner` keeps alive (may be null: the caller does).
  Tensor(DType dtype, const Shape& shape, void* data, std::shared_ptr<const void> owner);
  // A copy of `values`, row by row. Throws Error (value) unless there are as many as the shape has elements.
  template <class T>
  static Tensor of(const Shape& shape, std::initializer_list<T> values);
  template <class T>
  static Tensor scalar(T value);
  static Tensor zeros(DType dtype, const Shape& shape);
  // A string tensor with a copy of these texts, row by row. Throws Error (value) for another number of them.
  static Tensor of_texts(const Shape& shape, const std::vector<std::string>& texts);

  explicit operator bool() const { return data_ != nullptr; }
  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  std::int64_t dim(int axis) const { return shape_[axis]; }
  std::int64_t size() const { return shape_.size(); }
  std::size_t bytes() const { return static_cast<std::size_t>(size()) * size_of(dtype_); }

  void* data() { return data_; }
  const void* data() const { return data_; }
  // Typed access; throws Error (type) when T is not the dtype.
  template <class T>
  T* data() {
    check(dtype_of<T>());
    return static_cast<T*>(data_);
  }
  template <class T>
  const T* data() const {
    check(dtype_of<T>());
    return static_cast<const T*>(data_);
  }
  template <class T>
  T item() const {  // of a tensor of one element
    check_single();
    return *data<T>();
  }

  // The same numbers under another shape of the same size; throws Error (value) for another size.
  Tensor reshaped(const Shape& shape) const;
  // Rows [begin, end) of the first axis, as a view. Throws Error (index) for rows that are not there.
  Tensor rows(std::int64_t begin, std::int64_t end) const;
  Tensor copy() const;  // of texts their bytes too
  bool shared() const { return owner_.use_count() > 1; }
  const std::shared_ptr<const void>& owner() const { return owner_; }

 private:
  void check(DType wanted) const;
  void check_single() const;
  void check_count(std::size_t values) const;

  void* data_ = nullptr;
  std::shared_ptr<const void> owner_;
  Shape shape_;
  DType dtype_ = DType::float32;
};

template <class T>
Tensor Tensor::of(const Shape& shape, std::initializer_list<T> values) {
  Tensor t(dtype_of<T>(), shape);
  t.check_count(values.size());
  T* p = t.data<T>();
  for (T v : values) *p++ = v;
  return t;
}

template <class T>
Tensor Tensor::scalar(T value) {
  return of<T>({}, {value});
}

// The number of buffers (tensors and arenas) the library has allocated so far.
LAMINA_API std::int64_t allocation_count();

}  // namespace lamina
