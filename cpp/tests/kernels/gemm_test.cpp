// Products of every path against the reference, at every level.
#include "kernels/gemm/gemm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/parallel_for.h"
#include "kernels/gemm/reference.h"
#include "kernels/table.h"

namespace lamina {
namespace {

using kernels::Activation;
using kernels::GemmArgs;
using Index = std::int64_t;

template <class T>
const kernels::Gemm<T>& gemm_of(const kernels::Table& table);
template <>
const kernels::Gemm<float>& gemm_of(const kernels::Table& table) {
  return table.float32.gemm;
}
template <>
const kernels::Gemm<double>& gemm_of(const kernels::Table& table) {
  return table.float64.gemm;
}

struct Case {
  Index m, n, k;
  bool transpose_a = false, transpose_b = false, bias = false;  // and an addend
  Activation activation = Activation::linear;
  Index batch = 1;
  bool shared_b = false;
  Index padding = 0;  // of every row
  bool packed = false;
};

std::string describe(const Case& c, const char* level) {
  return std::string(level) + " m=" + std::to_string(c.m) + " n=" + std::to_string(c.n) + " k=" + std::to_string(c.k) +
         (c.transpose_a ? " a^T" : "") + (c.transpose_b ? " b^T" : "") + (c.bias ? " bias" : "") +
         " activation=" + std::to_string(static_cast<int>(c.activation)) + " batch=" + std::to_string(c.batch) +
         (c.shared_b ? " shared b" : "") + " padding=" + std::to_string(c.padding) + (c.packed ? " packed" : "");
}

// Values that lie one element beside the alignment of the allocation, with a guard behind them.
template <class T>
struct Values {
  static constexpr Index kGuard = 8;
  explicit Values(Index count) : size(count), storage(static_cast<std::size_t>(count + 1 + kGuard), T(77)) {}
  T* data() { return storage.data() + 1; }
  bool guard_intact() const {
    if (storage[0] != T(77)) return false;
    for (Index i = 0; i < kGuard; ++i) {
      if (storage[static_cast<std::size_t>(1 + size + i)] != T(77)) return false;
    }
    return true;
  }
  void randomize(std::mt19937& engine) {
    std::uniform_real_distribution<double> uniform(-1, 1);
    for (Index i = 0; i < size; ++i) data()[i] = static_cast<T>(uniform(engine));
  }
  Index size;
  std::vector<T> storage;
};

struct alignas(64) Line {
  char bytes[64];
};

template <class T>
void check(const Case& test, const kernels::Table& table) {
  SCOPED_TRACE(describe(test, table.level) + (sizeof(T) == 4 ? " float" : " double"));
  const kernels::Gemm<T>& gemm = gemm_of<T>(table);
  std::mt19937 engine(static_cast<unsigned>(test.m * 31 + test.n * 7 + test.k));

  GemmArgs<T> args;
  args.m = test.m;
  args.n = test.n;
  args.k = test.k;
  args.transpose_a = test.transpose_a;
  args.transpose_b = test.transpose_b;
  args.activation = test.activation;
  args.batch = test.batch;
  const Index a_rows = test.transpose_a ? test.k : test.m, b_rows = test.transpose_b ? test.n : test.k;
  args.lda = (test.transpose_a ? test.m : test.k) + test.padding;
  args.ldb = (test.transpose_b ? test.k : test.n) + test.padding;
  args.ldc = test.n + test.padding;
  args.stride_a = a_rows * args.lda;
  args.stride_b = test.shared_b ? 0 : b_rows * args.ldb;
  args.stride_c = test.m * args.ldc;
  Values<T> a(test.batch * args.stride_a), b((test.shared_b ? 1 : test.batch) * b_rows * args.ldb);
  Values<T> c(test.batch * args.stride_c), expected(c.size), again(c.size), bias(test.n), addend(c.size);
  a.randomize(engine);
  b.randomize(engine);
  bias.randomize(engine);
  addend.randomize(engine);
  for (Index i = 0; i < c.size; ++i) c.data()[i] = expected.data()[i] = again.data()[i] = T(55);
  args.a = a.data();
  args.b = b.data();
  args.bias = test.bias ? bias.data() : nullptr;
  args.addend = test.bias ? addend.data() : nullptr;

  args.c = expected.data();
  reference::gemm<T, double>(args);

  const std::size_t scratch_bytes = gemm.scratch(args), packed_bytes = gemm.packed_bytes(test.k, test.n);
  std::vector<Line> scratch(scratch_bytes / 64 + 2), packed(packed_bytes / 64 + 2);
  std::memset(static_cast<void*>(packed.data()), 0xff, packed.size() * 64);
  if (test.packed) gemm.pack(args, packed.data());
  const auto untouched_beyond = [](const std::vector<Line>& lines, std::size_t size) {
    const unsigned char* bytes = reinterpret_cast<const unsigned char*>(lines.data());
    for (std::size_t i = size; i < lines.size() * 64; ++i) {
      if (bytes[i] != 0xff) return false;
    }
    return true;
  };
  EXPECT_TRUE(untouched_beyond(packed, packed_bytes));
  const int before = num_threads();
  const auto run = [&](T* out, int threads) {
    set_num_threads(threads);
    args.c = out;
    std::memset(static_cast<void*>(scratch.data()), 0xff, scratch.size() * 64);  // NaN
    if (test.packed) {
      const T* right = args.b;
      args.b = nullptr;
      gemm.run_packed(args, packed.data(), scratch.data());
      args.b = right;
    } else {
      gemm.run(args, scratch.data());
    }
    set_num_threads(before);
    EXPECT_TRUE(untouched_beyond(scratch, scratch_bytes));
  };
  run(c.data(), 1);
  run(again.data(), 2);

  // Error of a sum of k products of values below 1, each addition rounding: k^2/2 eps at the worst, about sqrt(k)
  // times less for random signs; the activations add a few units.
  const double epsilon = std::numeric_limits<T>::epsilon();
  const double tolerance = epsilon * (8 + 2 * std::sqrt(static_cast<double>(test.k)) * std::sqrt(test.k + 1.0));
  Index wrong = 0;
  for (Index i = 0; i < c.size; ++i) {
    const double got = c.data()[i], want = expected.data()[i];
    if (!(std::abs(got - want) <= tolerance) && wrong++ < 3) {
      ADD_FAILURE() << "element " << i << ": " << got << ", expected " << want;
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(std::memcmp(c.data(), again.data(), static_cast<std::size_t>(c.size) * sizeof(T)), 0)
      << "the bits depend on the number of threads";
  EXPECT_TRUE(c.guard_intact());
}

void check_everywhere(const Case& test) {
  for (int i = 0; i < kernels::num_runnable_tables(); ++i) {
    check<float>(test, kernels::runnable_table(i));
    check<double>(test, kernels::runnable_table(i));
  }
}

TEST(Gemm, SizesAroundTileAndPacket) {
  for (Index m : {1, 2, 3, 4, 5, 6, 7, 13, 14, 15, 29}) {
    for (Index n : {1, 2, 7, 8, 9, 16, 17, 31, 32, 33, 65}) {
      for (Index k : {0, 1, 5, 16, 33}) {
        for (int transposes = 0; transposes < 4; ++transposes) {
          check_everywhere({m, n, k, (transposes & 1) != 0, (transposes & 2) != 0, (m + n) % 2 == 0});
        }
      }
    }
  }
}

TEST(Gemm, Activations) {
  for (Activation activation : {Activation::linear, Activation::relu, Activation::relu6, Activation::sigmoid,
                                Activation::tanh, Activation::silu, Activation::gelu}) {
    check_everywhere({1, 37, 20, false, false, true, activation});
    check_everywhere({3, 37, 20, false, true, true, activation});
    check_everywhere({37, 1, 20, false, false, true, activation});
    check_everywhere({20, 37, 20, false, false, true, activation, 1, false, 3});
    check_everywhere({20, 37, 20, false, false, false, activation});
    check_everywhere({9, 17, 5000, false, true, true, activation});
  }
}

TEST(Gemm, BlocksOfEverySide) {
  for (int transposes = 0; transposes < 4; ++transposes) {
    const bool a = (transposes & 1) != 0, b = (transposes & 2) != 0;
    check_everywhere({128, 130, 784, a, b, true, Activation::relu});
    check_everywhere({61, 10, 1600, a, b, true});
    check_everywhere({301, 300, 40, a, b});
    check_everywhere({16, 10, 5003, a, b, true, Activation::relu6});
    check_everywhere({1, 700, 600, a, b, true});
    check_everywhere({700, 1, 600, a, b, true});
    check_everywhere({40, 50, 60, a, b, false, Activation::linear, 1, false, 5});
    check_everywhere({2, 50, 60, a, b, false, Activation::linear, 1, false, 5});
    check_everywhere({50, 1, 60, a, b, false, Activation::linear, 1, false, 5});
  }
}

TEST(Gemm, OperandsBeyondOneBlock) {
  check_everywhere({33, 70, 9000, false, false, true, Activation::relu});
  check_everywhere({20, 3000, 1400, false, true, true});
  check_everywhere({3000, 40, 1400, false, false, true});
  check_everywhere({3000, 40, 1400, true, false, true});
}

TEST(Gemm, Batches) {
  for (int transposes = 0; transposes < 4; ++transposes) {
    const bool a = (transposes & 1) != 0, b = (transposes & 2) != 0;
    check_everywhere({17, 33, 20, a, b, false, Activation::linear, 5});
    check_everywhere({17, 33, 20, a, b, true, Activation::relu, 5, true});
    check_everywhere({1, 33, 20, a, b, false, Activation::linear, 5});
    check_everywhere({17, 1, 20, a, b, false, Activation::linear, 5});
    check_everywhere({130, 140, 150, a, b, false, Activation::linear, 3});
    check_everywhere({7, 9, 3000, a, b, false, Activation::linear, 40});
  }
}

TEST(Gemm, Packed) {
  for (Index m : {1, 2, 5, 14, 40, 150}) {
    for (Index n : {1, 10, 16, 40, 200}) {
      for (Index k : {0, 1, 30, 700}) {
        check_everywhere({m, n, k, false, (m + n) % 3 == 0, true, Activation::relu, 1, false, 0, true});
      }
    }
  }
  check_everywhere({20, 40, 9000, false, false, true, Activation::relu, 1, false, 0, true});
  check_everywhere({20, 40, 90, true, false, true, Activation::tanh, 3, true, 0, true});
}

// One number per element of c, whether b is packed or not.
TEST(Gemm, FewRowsOfAPackedOperandHaveTheBitsOfThePlainOne) {
  std::mt19937 engine(3);
  for (int level = 0; level < kernels::num_runnable_tables(); ++level) {
    const kernels::Gemm<float>& gemm = kernels::runnable_table(level).float32.gemm;
    for (Index m : {1, 2, 3, 4}) {
      for (Index n : {1, 10, 24, 96, 192, 200, 450}) {
        for (Index k : {1, 30, 1500}) {
          SCOPED_TRACE(describe({m, n, k}, kernels::runnable_table(level).level));
          Values<float> a(m * k), b(k * n), bias(n), plain(m * n), packed(m * n);
          for (Values<float>* values : {&a, &b, &bias}) values->randomize(engine);
          GemmArgs<float> args;
          args.m = m, args.n = n, args.k = k;
          args.lda = k, args.ldb = args.ldc = n;
          args.a = a.data(), args.b = b.data(), args.bias = bias.data(), args.c = plain.data();
          args.activation = Activation::tanh;
          std::vector<Line> scratch(gemm.scratch(args) / 64 + 1), panels(gemm.packed_bytes(k, n) / 64 + 1);
          gemm.pack(args, panels.data());
          gemm.run(args, scratch.data());
          args.b = nullptr, args.c = packed.data();
          gemm.run_packed(args, panels.data(), scratch.data());
          EXPECT_EQ(std::memcmp(plain.data(), packed.data(), static_cast<std::size_t>(m * n) * sizeof(float)), 0);
        }
      }
    }
  }
}

TEST(Gemm, NanAndInfinityPassThroughRelu) {
  for (int level = 0; level < kernels::num_runnable_tables(); ++level) {
    const kernels::Gemm<float>& gemm = kernels::runnable_table(level).float32.gemm;
    for (Index m : {1, 5}) {
      std::vector<float> a(static_cast<std::size_t>(m * 2), 1.0f), c(static_cast<std::size_t>(m * 3));
      const float infinity = std::numeric_limits<float>::infinity();
      const float b[6] = {std::nanf(""), infinity, -infinity, 0, 0, 0};
      GemmArgs<float> args;
      args.m = m, args.n = 3, args.k = 2;
      args.a = a.data(), args.lda = 2, args.b = b, args.ldb = 3, args.c = c.data(), args.ldc = 3;
      args.activation = Activation::relu;
      std::vector<Line> scratch(gemm.scratch(args) / 64 + 1);
      gemm.run(args, scratch.data());
      EXPECT_TRUE(std::isnan(c[0]));
      EXPECT_EQ(c[1], infinity);
      EXPECT_EQ(c[2], 0.0f);
    }
  }
}

}  // namespace
}  // namespace lamina
