// Shapes of decompositions and Fourier transforms, and what takes complex numbers.
#include <set>

#include "support.h"

namespace lamina {
namespace {

using support::Ints;

const Dim n = Dim::symbol("n"), m = Dim::symbol("m");
const DType f32 = DType::float32, f64 = DType::float64, i32 = DType::int32;

Specs infer(const char* op, const Attributes& attributes, const Specs& inputs) {
  return make_op(op, attributes)->infer(inputs);
}

TEST(Matrices, Shapes) {
  const struct {
    const char* op;
    Attributes attributes;
    Specs inputs, outputs;
  } rows[] = {
      {"cholesky", {}, {{f64, {n, 3, 3}}}, {{f64, {n, 3, 3}}}},
      {"solve", {}, {{f32, {n, 3, 3}}, {f32, {n, 3, m}}}, {{f32, {n, 3, m}}}},
      {"triangular_solve", {}, {{f32, {3, 3}}, {f32, {3, 2}}}, {{f32, {3, 2}}}},
      {"lu", {}, {{f32, {n, 5, 3}}}, {{f32, {n, 5, 3}}, {i32, {n, 3}}, {i32, {n, 5}}}},
      {"qr", {}, {{f32, {n, 5, 3}}}, {{f32, {n, 5, 3}}, {f32, {n, 3, 3}}}},
      {"qr", {{"complete", true}}, {{f32, {5, 3}}}, {{f32, {5, 5}}, {f32, {5, 3}}}},
      {"eigh", {}, {{f32, {n, 3, 3}}}, {{f32, {n, 3}}, {f32, {n, 3, 3}}}},
      {"eig", {}, {{f32, {3, 3}}}, {{f32, {3}}, {f32, {3}}, {f32, {3, 3}}, {f32, {3, 3}}}},
      {"svd", {}, {{f32, {n, 5, 3}}}, {{f32, {n, 5, 5}}, {f32, {n, 3}}, {f32, {n, 3, 3}}}},
      {"svd", {{"full_matrices", false}}, {{f32, {3, 5}}}, {{f32, {3, 3}}, {f32, {3}}, {f32, {3, 5}}}},
      {"svd", {{"compute_uv", false}}, {{f32, {n, 3, 5}}}, {{f32, {n, 3}}}},
      {"pinv", {}, {{f32, {n, 3, m}}}, {{f32, {n, m, 3}}}},
      {"fft", {}, {{f32, {n, m}}, {f32, {n, m}}}, {{f32, {n, m}}, {f32, {n, m}}}},
      {"rfft", {}, {{f32, {n, 7}}}, {{f32, {n, 4}}, {f32, {n, 4}}}},
      {"irfft", {{"length", Ints{7}}}, {{f32, {n, 4}}, {f32, {n, 4}}}, {{f32, {n, 7}}}},
      {"view_as_complex", {}, {{f32, {n, 2}}}, {{DType::complex64, {n}}}},
      {"view_as_real", {}, {{DType::complex128, {n}}}, {{f64, {n, 2}}}},
      {"reshape", {{"shape", Ints{-1}}}, {{DType::complex64, {2, 3}}}, {{DType::complex64, {6}}}},
  };
  for (const auto& row : rows)
    EXPECT_EQ(to_string(infer(row.op, row.attributes, row.inputs)), to_string(row.outputs)) << row.op;
}

TEST(Matrices, RefuseWithFourParts) {
  const struct {
    const char* op;
    Attributes attributes;
    Specs inputs;
    ErrorKind kind;
    const char* text;
  } rows[] = {
      {"eigh",
       {},
       {{f32, {2, 3}}},
       ErrorKind::value,
       "eigh: the matrices are not square. Expected: as many rows as columns. Received: shape (2, 3). Check the "
       "input."},
      {"svd",
       {},
       {{f32, {3}}},
       ErrorKind::value,
       "svd: the input has too few axes. Expected: at least 2 axes. Received: shape (3,). Add an axis, or check what "
       "the input is."},
      {"solve",
       {},
       {{f32, {3, 3}}, {f32, {2, 3}}},
       ErrorKind::value,
       "solve: wrong shape of the right-hand side. Expected: (3, 3). Received: float32 (3, 3), float32 (2, 3). Check "
       "the shapes."},
      {"rfft",
       {},
       {{f32, {2, 0}}},
       ErrorKind::value,
       "rfft: the last axis is empty. Expected: at least one entry. Received: shape (2, 0). Check the input."},
      {"irfft",
       {{"length", Ints{8}}},
       {{f32, {4}}, {f32, {4}}},
       ErrorKind::value,
       "irfft: wrong shape of the parts: length / 2 + 1 bins. Expected: (5,). Received: float32 (4,), float32 (4,). "
       "Check the shapes."},
      {"irfft",
       {{"length", Ints{-8}}},
       {{f32, {4}}, {f32, {4}}},
       ErrorKind::value,
       "irfft: wrong length. Expected: at least 1. Received: -8. Use the length of the signal."},
      {"exp",
       {},
       {{DType::complex64, {2}}},
       ErrorKind::type,
       "exp: does not take complex numbers. Expected: real tensors. Received: complex64 (2,). Compute with "
       "view_as_real(x), or with the real and imaginary parts."},
      {"view_as_complex",
       {},
       {{f32, {2, 3}}},
       ErrorKind::value,
       "view_as_complex: the last axis does not hold two parts. Expected: shape (..., 2). Received: float32 (2, 3). "
       "Stack the real and the imaginary part along a new last axis."},
  };
  for (const auto& row : rows)
    support::expect_error_text(row.kind, row.text, [&] { infer(row.op, row.attributes, row.inputs); });
}

TEST(Complex, FewOpsTakeIt) {
  std::set<std::string> takers;
  for (const OpInfo& info : all_ops())
    for (std::size_t count = 1; count < 7; ++count) {
      try {
        info.make({})->infer(Specs(count, Spec{DType::complex64, {}}));
        takers.insert(info.name);
      } catch (const Error&) {
      }
    }
  EXPECT_EQ(takers, (std::set<std::string>{"after", "identity", "reshape", "stop_gradient", "view_as_real"}));
}

TEST(Complex, NoOpMakesItFromItsDtype) {
  for (const char* name : {"fill", "arange", "cast", "one_hot"}) {
    const bool source = std::string(name) == "fill" || std::string(name) == "arange";
    const Specs inputs = source ? Specs{} : Specs{{std::string(name) == "cast" ? f32 : i32, {2}}};
    support::expect_error(ErrorKind::type, std::string(name) + ": does not take complex numbers", [&] {
      infer(name, {{"dtype", std::string("complex64")}}, inputs);
    });
  }
}

}  // namespace
}  // namespace lamina
