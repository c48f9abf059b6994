#include "lamina/tensor.h"

#include <cstdint>
#include <memory>
#include <vector>

#include "support.h"

namespace lamina {
namespace {

using support::expect_error;

TEST(DType, NamesAndSizes) {
  const struct {
    DType dtype;
    const char* name;
    std::size_t bytes;
    bool floating;
  } rows[] = {{DType::float32, "float32", 4, true},
              {DType::float64, "float64", 8, true},
              {DType::int32, "int32", 4, false},
              {DType::int64, "int64", 8, false},
              {DType::uint8, "uint8", 1, false},
              {DType::boolean, "bool", 1, false},
              {DType::float16, "float16", 2, true},
              {DType::bfloat16, "bfloat16", 2, true},
              {DType::complex64, "complex64", 8, false},
              {DType::complex128, "complex128", 16, false},
              {DType::string, "string", sizeof(Text), false}};
  for (const auto& row : rows) {
    EXPECT_STREQ(name_of(row.dtype), row.name);
    EXPECT_EQ(dtype_of(row.name), row.dtype);
    EXPECT_EQ(size_of(row.dtype), row.bytes);
    EXPECT_EQ(is_floating(row.dtype), row.floating);
    EXPECT_EQ(is_complex(row.dtype), std::string(row.name).rfind("complex", 0) == 0);
  }
  support::expect_error_text(
      ErrorKind::type,
      "Unknown dtype. Expected: one of float32, float64, int32, int64, uint8, bool, float16, "
      "bfloat16, complex64, complex128, string. Received: float8. Convert the data to one of them first.",
      [] { dtype_of("float8"); });
}

TEST(Shape, SizesTextAndComparison) {
  const struct {
    Shape shape;
    std::int64_t size;
    const char* text;
  } rows[] = {{{}, 1, "()"}, {{7}, 7, "(7,)"}, {{2, 3}, 6, "(2, 3)"}, {{4, 0, 2}, 0, "(4, 0, 2)"}};
  for (const auto& row : rows) {
    EXPECT_EQ(row.shape.size(), row.size);
    EXPECT_EQ(to_string(row.shape), row.text);
    EXPECT_EQ(row.shape, Shape(row.shape.begin(), row.shape.end()));
  }
  EXPECT_NE(Shape({2, 3}), Shape({3, 2}));
  EXPECT_NE(Shape({2, 3}), Shape({2, 3, 1}));
  EXPECT_EQ(Shape({2, 3, 4, 5}).size(1, 3), 12);
  EXPECT_EQ(Shape({2, 3}).size(2, 2), 1);
  Shape full{1, 1, 1, 1, 1, 1, 1, 1};
  expect_error(ErrorKind::value, "too many axes", [&] { full.push_back(1); });
}

TEST(Tensor, IsAlignedAndCounted) {
  const std::int64_t before = allocation_count();
  for (const std::int64_t size : {0, 1, 63, 64, 65, 1000}) {
    const Tensor t(DType::uint8, {size});
    ASSERT_TRUE(t);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(t.data()) % 64, 0u);
    EXPECT_EQ(t.bytes(), static_cast<std::size_t>(size));
  }
  EXPECT_EQ(allocation_count() - before, 6);
  EXPECT_FALSE(Tensor());
}

TEST(Tensor, MakesValues) {
  EXPECT_EQ(Tensor::scalar(2.5).item<double>(), 2.5);
  EXPECT_EQ(Tensor::of<std::int64_t>({2, 2}, {1, 2, 3, 4}).data<std::int64_t>()[3], 4);
  const Tensor zeros = Tensor::zeros(DType::float32, {3});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(zeros.data<float>()[i], 0.f);
}

TEST(Tensor, CopiesShareAndCopyDoesNot) {
  Tensor a = Tensor::of<float>({4}, {1, 2, 3, 4});
  EXPECT_FALSE(a.shared());
  Tensor b = a;
  EXPECT_TRUE(a.shared());
  b.data<float>()[0] = 9;
  EXPECT_EQ(a.data<float>()[0], 9);
  Tensor c = a.copy();
  EXPECT_FALSE(c.shared());
  c.data<float>()[0] = 5;
  EXPECT_EQ(a.data<float>()[0], 9);
}

TEST(Tensor, ViewsKeepTheirMemory) {
  Tensor rows, flat;
  {
    const Tensor a = Tensor::of<std::int32_t>({3, 2}, {1, 2, 3, 4, 5, 6});
    rows = a.rows(1, 3);
    flat = a.reshaped({6});
    EXPECT_EQ(flat.data(), a.data());
  }
  EXPECT_EQ(rows.shape(), Shape({2, 2}));
  EXPECT_EQ(rows.data<std::int32_t>()[0], 3);
  EXPECT_EQ(flat.data<std::int32_t>()[5], 6);
  EXPECT_EQ(rows.rows(1, 1).size(), 0);

  auto owner = std::make_shared<std::vector<float>>(std::vector<float>{1, 2});
  const std::weak_ptr<std::vector<float>> watch = owner;
  Tensor view(DType::float32, {2}, owner->data(), owner);
  owner.reset();
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(view.data<float>()[1], 2);
  view = Tensor();
  EXPECT_TRUE(watch.expired());
}

TEST(Tensor, Refuses) {
  const Tensor t = Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  expect_error(ErrorKind::value, "A tensor cannot be made", [] { Tensor(DType::float32, {2, -1}); });
  expect_error(ErrorKind::value, "A tensor cannot be made", [] { Tensor(DType::float32, {1LL << 32, 1LL << 32}); });
  expect_error(ErrorKind::value, "Not enough memory", [] { Tensor(DType::float64, {1LL << 47}); });
  expect_error(ErrorKind::type, "Expected: float32. Received: int64", [&] { (void)t.data<std::int64_t>(); });
  expect_error(ErrorKind::value, "The number of values does not fit", [&] { (void)t.item<float>(); });
  expect_error(ErrorKind::value, "The number of values does not fit", [] { (void)Tensor::of<float>({3}, {1, 2}); });
  expect_error(ErrorKind::value, "The number of values does not fit", [] { (void)Tensor::of<float>({1}, {1, 2}); });
  expect_error(
      ErrorKind::value,
      "A tensor cannot be reshaped. Expected: a shape of 6 elements. Received: (4,) for a tensor of shape (2, 3)",
      [&] { (void)t.reshaped({4}); });
  const std::pair<std::int64_t, std::int64_t> ranges[] = {{-1, 1}, {1, 0}, {0, 3}};
  for (const auto& [begin, end] : ranges)
    expect_error(ErrorKind::index, "Rows cannot be taken", [&, b = begin, e = end] { (void)t.rows(b, e); });
  expect_error(ErrorKind::index, "Rows cannot be taken", [] { (void)Tensor::scalar(1.f).rows(0, 0); });
}

}  // namespace
}  // namespace lamina
