// Random numbers: Philox against its published answers, each kernel against the definition element by element, and the
// distributions by their moments and the Kolmogorov-Smirnov distance.
#include "kernels/random/random.h"

#include <algorithm>

#include "kernels/buffers.h"
#include "kernels/random/philox.h"
#include "kernels/random/reference.h"

namespace lamina {
namespace {

using namespace testing_buffers;
namespace philox = kernels::philox;

constexpr std::uint64_t kKey = 0x0123456789abcdefu, kCounter = 0xfedcba9876543210u;

template <class T>
const kernels::Random<T>& random_of(const kernels::Table& table) {
  return floats_of<T>(table).random;
}

void expect_words(const philox::Block& block, std::initializer_list<std::uint32_t> words) {
  EXPECT_TRUE(std::equal(words.begin(), words.end(), block.words));
}

// The known answers of the authors' Random123 distribution for philox4x32 with 10 rounds.
TEST(Philox, KnownAnswers) {
  expect_words(philox::generate(0, 0, 0), {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u});
  const std::uint64_t ones = ~std::uint64_t(0);
  expect_words(philox::generate(ones, ones, ones), {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu});
  // The digits of pi.
  expect_words(philox::generate(0x299f31d0a4093822u, 0x0370734413198a2eu, 0x85a308d3243f6a88u),
               {0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u});
}

template <class T>
void check_uniform() {
  for_each_level([](const kernels::Table& table) {
    for (const Index n : {0, 1, 2, 3, 5, 31, 1023, 1024, 1025, 20001}) {
      const Buffer<T> y =
          with_threads<T>(n, [&](Buffer<T>& out) { random_of<T>(table).uniform(n, kKey, kCounter, 0, 1, out.data()); });
      for (Index i = 0; i < n; ++i) ASSERT_EQ(y[i], reference::random_unit<T>(kKey, kCounter, i)) << i;
      // low + u (high - low), rounded twice
      Buffer<T> shifted(n);
      random_of<T>(table).uniform(n, kKey, kCounter, T(-3), T(0.7), shifted.data());
      for (Index i = 0; i < n; ++i) {
        const T offset = y[i] * (T(0.7) - T(-3));
        ASSERT_EQ(shifted[i], T(-3) + offset);
      }
    }
    // An interval so narrow that the sum rounds up to its end.
    Buffer<T> narrow(5000);
    const T next = std::nextafter(T(1), T(2));
    random_of<T>(table).uniform(5000, 1, 2, T(1), next, narrow.data());
    for (Index i = 0; i < 5000; ++i) ASSERT_EQ(narrow[i], T(1));
  });
}

TEST(Random, UniformIsTheDefinitionAtEveryLevel) {
  check_uniform<float>();
  check_uniform<double>();
}

template <class T>
void check_normal() {
  const Index n = 30001;
  std::vector<long double> expected(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) expected[static_cast<std::size_t>(i)] = reference::random_normal<T>(kKey, kCounter, i);
  for_each_level([&](const kernels::Table& table) {
    const Buffer<T> y =
        with_threads<T>(n, [&](Buffer<T>& out) { random_of<T>(table).normal(n, kKey, kCounter, 0, 1, out.data()); });
    expect_near(
        y, expected,
        [&](Index i) {
          // and the reference's rounding of pi, which shows next to a zero of the sine
          return 4 * epsilon<T>() * static_cast<double>(std::fabs(expected[static_cast<std::size_t>(i)])) + 1e-18;
        },
        "normal");
    Buffer<T> moved(n);
    random_of<T>(table).normal(n, kKey, kCounter, T(3), T(2), moved.data());
    expect_near(
        moved, std::vector<double>(y.data(), y.data() + n), [](Index) { return 1e9; }, "finite");
    for (Index i = 0; i < n; ++i) ASSERT_NEAR(moved[i], 3 + 2 * y[i], 32 * epsilon<T>());
    // What is drawn does not depend on how much is drawn.
    for (const Index count : {1, 2, 3, 17, 1025}) {
      Buffer<T> part(count);
      random_of<T>(table).normal(count, kKey, kCounter, 0, 1, part.data());
      EXPECT_TRUE(part.guards_intact());
      EXPECT_EQ(std::memcmp(part.data(), y.data(), static_cast<std::size_t>(count) * sizeof(T)), 0) << count;
    }
  });
}

TEST(Random, NormalIsBoxMuller) {
  check_normal<float>();
  check_normal<double>();
}

// The largest distance between the empirical and the exact distribution function, times sqrt(n): above 1.95 with
// probability 0.001. The draws are fixed, so the test is not a matter of chance.
template <class T, class Cdf>
double kolmogorov_smirnov(const Buffer<T>& y, const Cdf& cdf) {
  std::vector<double> sorted(y.data(), y.data() + y.size());
  std::sort(sorted.begin(), sorted.end());
  const double n = double(sorted.size());
  double distance = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double exact = cdf(sorted[i]);
    distance = std::max({distance, std::fabs(exact - double(i) / n), std::fabs(exact - double(i + 1) / n)});
  }
  return distance * std::sqrt(n);
}

struct Moments {
  double mean = 0, variance = 0, skewness = 0, kurtosis = 0;
};

template <class T>
Moments moments_of(const Buffer<T>& y) {
  Moments m;
  const double n = double(y.size());
  for (Index i = 0; i < y.size(); ++i) m.mean += double(y[i]) / n;
  for (Index i = 0; i < y.size(); ++i) {
    const double d = double(y[i]) - m.mean;
    m.variance += d * d / n;
    m.skewness += d * d * d / n;
    m.kurtosis += d * d * d * d / n;
  }
  m.skewness /= std::pow(m.variance, 1.5);
  m.kurtosis /= m.variance * m.variance;
  return m;
}

template <class T>
void check_distributions() {
  const Index n = 200000;
  const double error = 4 / std::sqrt(double(n));  // four standard errors of a mean of unit variance
  for_each_level([&](const kernels::Table& table) {
    Buffer<T> y(n);
    random_of<T>(table).uniform(n, 42, 7, 0, 1, y.data());
    EXPECT_LT(kolmogorov_smirnov(y, [](double x) { return x; }), 1.95);
    EXPECT_NEAR(moments_of(y).mean, 0.5, error * 0.29);
    EXPECT_NEAR(moments_of(y).variance, 1.0 / 12, error * 0.08);

    random_of<T>(table).normal(n, 43, 7, 0, 1, y.data());
    EXPECT_LT(kolmogorov_smirnov(y, reference::normal_cdf), 1.95);
    const Moments normal = moments_of(y);
    EXPECT_NEAR(normal.mean, 0, error);
    EXPECT_NEAR(normal.variance, 1, error * std::sqrt(2));
    EXPECT_NEAR(normal.skewness, 0, error * std::sqrt(6));
    EXPECT_NEAR(normal.kurtosis, 3, error * std::sqrt(24));
    double correlation = 0;  // of the two numbers of a pair
    for (Index i = 0; i < n; i += 2) correlation += double(y[i]) * double(y[i + 1]) / (double(n) / 2);
    EXPECT_NEAR(correlation, 0, error * std::sqrt(2));

    random_of<T>(table).truncated_normal(n, 44, 7, 0, 1, y.data());
    const double left = reference::normal_cdf(-2), inside = 1 - 2 * left;
    EXPECT_LT(kolmogorov_smirnov(y, [&](double x) { return (reference::normal_cdf(x) - left) / inside; }), 1.95);
    for (Index i = 0; i < n; ++i) ASSERT_LE(std::fabs(y[i]), T(2));
    EXPECT_NEAR(moments_of(y).mean, 0, error);
    EXPECT_NEAR(moments_of(y).variance, 0.7737413035, error);
  });
}

TEST(Random, Distributions) {
  check_distributions<float>();
  check_distributions<double>();
}

// The inverse distribution function: Phi of a draw gives its bits back.
template <class T>
void check_truncated_normal() {
  const Index n = 20001;
  const double outer = std::erf(std::sqrt(2.0));
  for_each_level([&](const kernels::Table& table) {
    const Buffer<T> y = with_threads<T>(
        n, [&](Buffer<T>& out) { random_of<T>(table).truncated_normal(n, kKey, kCounter, 0, 1, out.data()); });
    for (Index i = 0; i < n; ++i) {
      const std::uint64_t bits = reference::random_bits<T>(kKey, kCounter, i) >> 1;
      const int width = sizeof(T) == 4 ? 23 : 52;
      const double symmetric = std::ldexp(double(2 * std::int64_t(bits) + 1), -width) - 1;
      ASSERT_NEAR(std::erf(double(y[i]) / std::sqrt(2.0)), symmetric * outer, 4 * epsilon<T>() + 1e-15) << y[i];
    }
    Buffer<T> moved(n);
    random_of<T>(table).truncated_normal(n, kKey, kCounter, T(-1), T(0.5), moved.data());
    for (Index i = 0; i < n; ++i) ASSERT_NEAR(moved[i], -1 + 0.5 * y[i], 4 * epsilon<T>());
  });
}

TEST(Random, TruncatedNormalIsTheInverseDistribution) {
  check_truncated_normal<float>();
  check_truncated_normal<double>();
}

template <class T>
void check_dropout() {
  std::mt19937_64 engine(31);
  const Index n = 30001;
  Buffer<T> x(n);
  x.randomize(engine);
  for_each_level([&](const kernels::Table& table) {
    for (const double rate : {0.0, 0.1, 0.5, 0.9, 1.0}) {
      Buffer<T> y = with_threads<T>(
          n, [&](Buffer<T>& out) { random_of<T>(table).dropout(n, kKey, kCounter, rate, x.data(), out.data()); });
      Index kept = 0;
      for (Index i = 0; i < n; ++i) {
        const bool keep = double(reference::random_unit<T>(kKey, kCounter, i)) >= rate;
        kept += keep;
        const T expected = keep ? x[i] * T(1 / (1 - rate)) : T(0);
        ASSERT_EQ(y[i], expected) << "rate " << rate << ", element " << i;
      }
      EXPECT_NEAR(double(kept) / double(n), 1 - rate, 0.01);
      Buffer<T> in_place(n);
      std::copy(x.data(), x.data() + n, in_place.data());
      random_of<T>(table).dropout(n, kKey, kCounter, rate, in_place.data(), in_place.data());
      EXPECT_TRUE(in_place.same_bits(y));
    }
  });
}

TEST(Random, DropoutKeepsWhatIsAboveTheRate) {
  check_dropout<float>();
  check_dropout<double>();
}

TEST(Random, KeysAndCountersGiveDifferentStreams) {
  for_each_level([](const kernels::Table& table) {
    Buffer<float> a(64), b(64), c(64);
    table.float32.random.uniform(64, 1, 1, 0, 1, a.data());
    table.float32.random.uniform(64, 1, 2, 0, 1, b.data());
    table.float32.random.uniform(64, 2, 1, 0, 1, c.data());
    EXPECT_FALSE(a.same_bits(b));
    EXPECT_FALSE(a.same_bits(c));
    EXPECT_FALSE(b.same_bits(c));
  });
}

// The gamma distribution function for whole and half alpha, from that of alpha - 1.
double gamma_cdf(double alpha, double x) {
  if (alpha == 0.5) return std::erf(std::sqrt(x));
  if (alpha == 1) return -std::expm1(-x);
  return gamma_cdf(alpha - 1, x) - std::exp((alpha - 1) * std::log(x) - x - std::lgamma(alpha));
}

template <class T>
void check_gamma() {
  const Index n = 100000;
  for (const double alpha : {0.5, 1.0, 1.5, 4.0, 30.5}) {
    Buffer<T> shapes(n);
    std::fill(shapes.data(), shapes.data() + n, T(alpha));
    const Buffer<T> y = with_threads<T>(n, [&](Buffer<T>& out) {
      kernels::random_gamma(n, kKey, kCounter, false, static_cast<const T*>(shapes.data()), out.data());
    });
    EXPECT_LT(kolmogorov_smirnov(y, [&](double x) { return gamma_cdf(alpha, x); }), 1.95) << alpha;
    EXPECT_NEAR(moments_of(y).mean, alpha, 4 * std::sqrt(alpha / double(n)));
    Buffer<T> logarithms(n);
    kernels::random_gamma(n, kKey, kCounter, true, static_cast<const T*>(shapes.data()), logarithms.data());
    for (Index i = 0; i < n; ++i)
      ASSERT_NEAR(logarithms[i], std::log(double(y[i])), 8 * epsilon<T>() * (1 + std::fabs(double(logarithms[i]))));
  }
}

TEST(RandomGamma, HasItsDistribution) {
  check_gamma<float>();
  check_gamma<double>();
}

TEST(RandomGamma, ExtremeShapes) {
  const double huge = 1e15, tiny = 1e-5, infinity = std::numeric_limits<double>::infinity();
  const double alpha[] = {0.0, -1.0, std::nan(""), infinity, huge, tiny};
  double y[6], logarithms[6];
  kernels::random_gamma(6, 1, 2, false, alpha, y);
  kernels::random_gamma(6, 1, 2, true, alpha, logarithms);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(std::isnan(y[i]) && std::isnan(logarithms[i]));
  EXPECT_EQ(y[3], infinity);
  EXPECT_NEAR(y[4], huge, 6 * std::sqrt(huge));
  EXPECT_TRUE(std::isfinite(logarithms[5]) && logarithms[5] < 0);
}

template <class T>
void check_binomial(int count, double probability) {
  const Index n = 100000;
  Buffer<T> counts(n), probabilities(n);
  std::fill(counts.data(), counts.data() + n, T(count));
  std::fill(probabilities.data(), probabilities.data() + n, T(probability));
  const Buffer<T> y = with_threads<T>(n, [&](Buffer<T>& out) {
    kernels::random_binomial(n, kKey, kCounter, static_cast<const T*>(counts.data()),
                             static_cast<const T*>(probabilities.data()), out.data());
  });
  std::vector<double> found(static_cast<std::size_t>(count) + 1);
  for (Index i = 0; i < n; ++i) {
    ASSERT_TRUE(y[i] >= 0 && y[i] <= T(count) && y[i] == std::floor(y[i]));
    ++found[static_cast<std::size_t>(y[i])];
  }
  // Chi-square over the numbers that are expected 5 times or more, by its normal approximation
  const double p = double(T(probability));
  double chi_square = 0, cells = 0;
  for (int k = 0; k <= count; ++k) {
    const double expected =
        double(n) * std::exp(std::lgamma(count + 1.0) - std::lgamma(k + 1.0) - std::lgamma(count - k + 1.0) +
                             k * std::log(p) + (count - k) * std::log1p(-p));
    if (expected < 5) continue;
    const double off = found[static_cast<std::size_t>(k)] - expected;
    chi_square += off * off / expected;
    ++cells;
  }
  EXPECT_LT(chi_square, cells + 3.5 * std::sqrt(2 * cells)) << count << " trials with " << probability;
}

TEST(RandomBinomial, HasItsDistribution) {
  for (const auto& [count, probability] : std::vector<std::pair<int, double>>{
           {1, 0.3}, {12, 0.25}, {12, 0.9}, {1000, 0.005}, {40, 0.3}, {100, 0.5}, {300, 0.95}, {5000, 0.2}}) {
    check_binomial<float>(count, probability);
    check_binomial<double>(count, probability);
  }
}

TEST(RandomBinomial, ExtremeParameters) {
  const double counts[] = {0, 7, 7, -1, 7, 7, std::nan(""), 7.9};
  const double probabilities[] = {0.5, 0, 1, 0.5, 1.5, -0.5, 0.5, 1};
  double y[8];
  kernels::random_binomial(8, 1, 2, counts, probabilities, y);
  EXPECT_EQ(y[0], 0);
  EXPECT_EQ(y[1], 0);
  EXPECT_EQ(y[2], 7);
  for (int i = 3; i < 7; ++i) EXPECT_TRUE(std::isnan(y[i])) << i;
  EXPECT_EQ(y[7], 7);
}

TEST(RandomIntegers, StayInRangeAndAreEvenlySpread) {
  const Index n = 70000;
  const Buffer<std::int64_t> y = with_threads<std::int64_t>(
      n, [&](Buffer<std::int64_t>& out) { kernels::random_integers(n, 5, 6, -3, 4, out.data()); });
  std::vector<int> counts(7);
  for (Index i = 0; i < n; ++i) {
    ASSERT_GE(y[i], -3);
    ASSERT_LT(y[i], 4);
    ++counts[static_cast<std::size_t>(y[i] + 3)];
  }
  double chi_square = 0;
  for (const int count : counts) chi_square += (count - n / 7.0) * (count - n / 7.0) / (n / 7.0);
  EXPECT_LT(chi_square, 22.5);  // 6 degrees of freedom, probability 0.001
}

TEST(RandomIntegers, WholeRangeAndNoRange) {
  std::int64_t y[4];
  const auto low = std::numeric_limits<std::int64_t>::min(), high = std::numeric_limits<std::int64_t>::max();
  kernels::random_integers(4, 1, 1, low, high, y);
  EXPECT_TRUE(y[0] != y[1] && y[1] != y[2]);
  kernels::random_integers(4, 1, 1, 9, 9, y);
  for (const std::int64_t value : y) EXPECT_EQ(value, 9);
}

TEST(RandomPermutation, IsAPermutationAndEveryOrderComesUp) {
  for (const Index n : {0, 1, 2, 3, 10, 1000}) {
    std::vector<std::int64_t> y(static_cast<std::size_t>(n)), again(y);
    kernels::random_permutation(n, 8, 9, y.data());
    kernels::random_permutation(n, 8, 9, again.data());
    EXPECT_EQ(y, again);
    std::sort(y.begin(), y.end());
    for (Index i = 0; i < n; ++i) EXPECT_EQ(y[static_cast<std::size_t>(i)], i);
  }
  std::vector<int> counts(6);
  for (std::uint64_t counter = 0; counter < 6000; ++counter) {
    std::int64_t y[3];
    kernels::random_permutation(3, 8, counter, y);
    ++counts[static_cast<std::size_t>(y[0] * 2 + (y[1] > y[2]))];
  }
  double chi_square = 0;
  for (const int count : counts) chi_square += (count - 1000.0) * (count - 1000.0) / 1000;
  EXPECT_LT(chi_square, 20.5);  // 5 degrees of freedom, probability 0.001
}

}  // namespace
}  // namespace lamina
