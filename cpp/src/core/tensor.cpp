#include "lamina/tensor.h"

#include <cstring>
#include <iterator>

#include "core/arena.h"
#include "core/dim.h"
#include "lamina/error.h"

namespace lamina {

namespace {

struct DTypeRow {
  const char* name;
  std::size_t bytes;
};
constexpr DTypeRow kDTypes[] = {{"float32", 4},
                                {"float64", 8},
                                {"int32", 4},
                                {"int64", 8},
                                {"uint8", 1},
                                {"bool", 1},
                                {"float16", 2},
                                {"bfloat16", 2},
                                {"complex64", 8},
                                {"complex128", 16},
                                {"string", sizeof(Text)}};

}  // namespace

std::size_t size_of(DType dtype) { return kDTypes[static_cast<int>(dtype)].bytes; }
const char* name_of(DType dtype) { return kDTypes[static_cast<int>(dtype)].name; }
bool is_floating(DType dtype) { return dtype <= DType::float64 || dtype == DType::float16 || dtype == DType::bfloat16; }
bool is_complex(DType dtype) { return dtype == DType::complex64 || dtype == DType::complex128; }

DType dtype_of(std::string_view name) {
  std::string names;
  for (std::size_t i = 0; i < std::size(kDTypes); ++i) {
    if (name == kDTypes[i].name) return static_cast<DType>(i);
    names += (i ? ", " : "") + std::string(kDTypes[i].name);
  }
  fail(ErrorKind::type, "Unknown dtype", "one of " + names, std::string(name),
       "Convert the data to one of them first.");
}

Shape::Shape(std::initializer_list<std::int64_t> dims) : Shape(dims.begin(), dims.end()) {}

void Shape::push_back(std::int64_t dim) {
  if (rank_ == max_rank)
    fail(ErrorKind::value, "A tensor has too many axes", "at most 8 axes", to_string(*this) + " and one more",
         "Merge axes with reshape.");
  dims_[rank_++] = dim;
}

std::int64_t Shape::size() const { return size(0, rank_); }

std::int64_t Shape::size(int first_axis, int last_axis) const {
  std::int64_t n = 1;
  for (int i = first_axis; i < last_axis; ++i) n *= dims_[i];
  return n;
}

bool operator==(const Shape& a, const Shape& b) {
  return a.rank_ == b.rank_ && std::memcmp(a.dims_, b.dims_, sizeof(std::int64_t) * a.rank_) == 0;
}

std::string to_string(const Shape& shape) {
  std::string s = "(";
  for (int i = 0; i < shape.rank(); ++i) s += (i ? ", " : "") + std::to_string(shape[i]);
  return s + (shape.rank() == 1 ? ",)" : ")");
}

void check_size(const Shape& shape) {
  std::int64_t size = 1;
  for (std::int64_t d : shape)
    if (d < 0 || __builtin_mul_overflow(size, d, &size) || size > (std::int64_t{1} << 48))
      fail(ErrorKind::value, "A tensor cannot be made", "non-negative sizes whose product fits in memory",
           to_string(shape), "Check the shape.");
}

Tensor::Tensor(DType dtype, const Shape& shape) : shape_(shape), dtype_(dtype) {
  check_size(shape);
  auto memory = allocate(bytes());
  data_ = memory.get();
  owner_ = std::move(memory);
  if (dtype == DType::string) std::memset(data_, 0, bytes());
}

Tensor::Tensor(DType dtype, const Shape& shape, void* data, std::shared_ptr<const void> owner)
    : data_(data), owner_(std::move(owner)), shape_(shape), dtype_(dtype) {}

Tensor Tensor::zeros(DType dtype, const Shape& shape) {
  Tensor t(dtype, shape);
  std::memset(t.data_, 0, t.bytes());
  return t;
}

Tensor Tensor::reshaped(const Shape& shape) const {
  if (shape.size() != size())
    fail(ErrorKind::value, "A tensor cannot be reshaped", "a shape of " + std::to_string(size()) + " elements",
         to_string(shape) + " for a tensor of shape " + to_string(shape_), "Choose sizes with the same product.");
  return Tensor(dtype_, shape, data_, owner_);
}

Tensor Tensor::rows(std::int64_t begin, std::int64_t end) const {
  if (rank() == 0 || begin < 0 || end < begin || end > dim(0))
    fail(ErrorKind::index, "Rows cannot be taken", "0 <= begin <= end <= the first size",
         "[" + std::to_string(begin) + ", " + std::to_string(end) + ") of shape " + to_string(shape_),
         "Check the range.");
  Shape shape = shape_;
  shape[0] = end - begin;
  const std::size_t row = static_cast<std::size_t>(shape_.size(1, rank())) * size_of(dtype_);
  return Tensor(dtype_, shape, static_cast<char*>(data_) + row * static_cast<std::size_t>(begin), owner_);
}

namespace {

// The same texts, their elements and bytes in one piece of memory.
Tensor copy_of_texts(const Shape& shape, const Text* texts) {
  const std::int64_t count = shape.size();
  const std::size_t elements = static_cast<std::size_t>(count) * sizeof(Text);
  std::size_t bytes = 0;
  for (std::int64_t i = 0; i < count; ++i) bytes += static_cast<std::size_t>(texts[i].size);
  auto memory = allocate(elements + bytes);
  auto* to = static_cast<Text*>(memory.get());
  char* at = static_cast<char*>(memory.get()) + elements;
  for (std::int64_t i = 0; i < count; ++i) {
    if (texts[i].size > 0) std::memcpy(at, texts[i].data, static_cast<std::size_t>(texts[i].size));
    to[i] = {at, texts[i].size};
    at += texts[i].size;
  }
  return Tensor(DType::string, shape, to, memory);
}

}  // namespace

Tensor Tensor::of_texts(const Shape& shape, const std::vector<std::string>& texts) {
  check_size(shape);
  if (static_cast<std::int64_t>(texts.size()) != shape.size())
    fail(ErrorKind::value, "The number of texts does not fit the tensor", std::to_string(shape.size()) + " texts",
         std::to_string(texts.size()), "Check the shape.");
  std::vector<Text> views;
  views.reserve(texts.size());
  for (const std::string& text : texts) views.push_back({text.data(), static_cast<std::int64_t>(text.size())});
  return copy_of_texts(shape, views.data());
}

Tensor Tensor::copy() const {
  if (dtype_ == DType::string) return copy_of_texts(shape_, data<Text>());
  Tensor t(dtype_, shape_);
  std::memcpy(t.data_, data_, bytes());
  return t;
}

void Tensor::check(DType wanted) const {
  if (wanted != dtype_)
    fail(ErrorKind::type, "A tensor was read as another dtype", name_of(dtype_), name_of(wanted),
         "Use the tensor's own dtype, or cast it first.");
}

void Tensor::check_single() const {
  if (size() != 1)
    fail(ErrorKind::value, "The number of values does not fit the tensor", "one value per element",
         "shape " + to_string(shape_), "Check the shape.");
}

void Tensor::check_count(std::size_t values) const {
  if (static_cast<std::size_t>(size()) != values)
    fail(ErrorKind::value, "The number of values does not fit the tensor", "one value per element",
         std::to_string(values) + " for shape " + to_string(shape_), "Check the shape.");
}

}  // namespace lamina
