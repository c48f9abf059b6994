// Numbers whose distribution depends on each element's parameters (compiled once: the numbers are the same at every
// instruction set level). All is computed in double.
#include <cmath>
#include <limits>

#include "core/grain.h"
#include "core/parallel_for.h"
#include "kernels/random/philox.h"
#include "kernels/random/random.h"

namespace lamina::kernels {
namespace {

constexpr std::int64_t kGrain = 512;
constexpr int kMostAttempts = 1 << 20;  // never reached: the worst attempt succeeds with probability 0.7
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// The draws of one element: two numbers in (0, 1) at a time, from blocks that no other element uses.
class Stream {
 public:
  Stream(std::uint64_t key, std::uint64_t counter, std::int64_t element)
      : key_(key), counter_(counter), block_(std::uint64_t(element) << 22) {}
  struct Pair {
    double first, second;
  };
  Pair next() {
    const philox::Block block = philox::generate(key_, counter_, block_++);
    return {unit(philox::long_word(block, 0)), unit(philox::long_word(block, 1))};
  }

 private:
  static double unit(std::uint64_t word) { return (double(word >> 12) + 0.5) * 0x1p-52; }
  std::uint64_t key_, counter_, block_;
};

// Marsaglia and Tsang, "A simple method for generating gamma variables", 2000. For alpha < 1 a number for alpha + 1
// times u^(1/alpha), which may be too small for a double: then its logarithm is what can be had.
double gamma(Stream& stream, double alpha, bool logarithm) {
  if (!(alpha > 0)) return kNaN;
  if (std::isinf(alpha)) return alpha;
  const bool boosted = alpha < 1;
  const double d = (boosted ? alpha + 1 : alpha) - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  double boost = 0, v = 1;  // boost: what to add to the logarithm
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const Stream::Pair angle = stream.next(), more = stream.next();
    if (attempt == 0 && boosted) boost = std::log(more.second) / alpha;
    const double normal = std::sqrt(-2 * std::log(angle.first)) * std::cos(6.283185307179586 * angle.second);
    const double t = c * normal;
    if (t <= -1) continue;
    v = (1 + t) * (1 + t) * (1 + t);
    const double rest = -t * (3 + t * (3 + t)) + 3 * std::log1p(t);  // 1 - v + log(v)
    if (std::log(more.first) < 0.5 * normal * normal + d * rest) break;
  }
  if (logarithm) return std::log(d) + std::log(v) + boost;
  return boosted ? d * v * std::exp(boost) : d * v;
}

// The number of successes by counting up the distribution function; for few expected ones.
double binomial_by_inversion(Stream& stream, double count, double probability) {
  const double odds = probability / (1 - probability);
  double u = stream.next().first, mass = std::exp(count * std::log1p(-probability)), successes = 0;
  const double most = count < 200 ? count : 200;  // 10 are expected at most
  while (u > mass && successes < most) {
    u -= mass;
    successes += 1;
    mass *= odds * ((count - successes + 1) / successes);
  }
  return successes;
}

// log(k!) less Stirling's approximation for k + 1
double stirling_rest(double k) {
  static const double small[] = {0.08106146679532726,  0.04134069595540929, 0.02767792568499834, 0.02079067210376509,
                                 0.01664469118982119,  0.01387612882307075, 0.01189670994589177, 0.01041126526197209,
                                 0.009255462182712733, 0.008330563433362871};
  if (k <= 9) return small[int(k)];
  const double next = k + 1, square = next * next;
  return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / next;
}

// Hormann, "The generation of binomial random variates", 1993: algorithm BTRS, for 10 expected successes and more.
double binomial_by_rejection(Stream& stream, double count, double probability) {
  const double q = 1 - probability, deviation = std::sqrt(count * probability * q), odds = probability / q;
  const double b = 1.15 + 2.53 * deviation, a = -0.0873 + 0.0248 * b + 0.01 * probability;
  const double center = count * probability + 0.5, squeeze = 0.92 - 4.2 / b, alpha = (2.83 + 5.1 / b) * deviation;
  const double mode = std::floor((count + 1) * probability);
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const Stream::Pair pair = stream.next();
    const double u = pair.first - 0.5, s = 0.5 - std::fabs(u);
    const double k = std::floor((2 * a / s + b) * u + center);
    if (k < 0 || k > count) continue;
    if (s >= 0.07 && pair.second <= squeeze) return k;
    const double v = std::log(pair.second * alpha / (a / (s * s) + b));
    const double bound = (mode + 0.5) * std::log((mode + 1) / (odds * (count - mode + 1))) +
                         (count + 1) * std::log((count - mode + 1) / (count - k + 1)) +
                         (k + 0.5) * std::log(odds * (count - k + 1) / (k + 1)) + stirling_rest(mode) +
                         stirling_rest(count - mode) - stirling_rest(k) - stirling_rest(count - k);
    if (v <= bound) return k;
  }
  return mode;
}

double binomial(Stream& stream, double count, double probability) {
  if (!(count >= 0) || std::isinf(count) || !(probability >= 0 && probability <= 1)) return kNaN;
  count = std::floor(count);
  const bool flipped = probability > 0.5;  // count the rarer of success and failure
  const double rarer = flipped ? 1 - probability : probability;
  const double found =
      count * rarer < 10 ? binomial_by_inversion(stream, count, rarer) : binomial_by_rejection(stream, count, rarer);
  return flipped ? count - found : found;
}

// y[i] = draw(stream of element i, i)
template <class Draw>
void for_each_element(std::int64_t n, std::uint64_t key, std::uint64_t counter, const Draw& draw) {
  struct Request {
    std::uint64_t key, counter;
    const Draw& draw;
  } request = {key, counter, draw};
  parallel_for(
      n, measured_grain(kGrain),
      [](void* context, std::int64_t begin, std::int64_t end, int) {
        const Request& r = *static_cast<const Request*>(context);
        for (std::int64_t i = begin; i < end; ++i) {
          Stream stream(r.key, r.counter, i);
          r.draw(stream, i);
        }
      },
      &request);
}

}  // namespace

template <class T>
void random_gamma(std::int64_t n, std::uint64_t key, std::uint64_t counter, bool logarithm, const T* alpha, T* y) {
  for_each_element(n, key, counter,
                   [=](Stream& stream, std::int64_t i) { y[i] = T(gamma(stream, double(alpha[i]), logarithm)); });
}

template <class T>
void random_binomial(std::int64_t n, std::uint64_t key, std::uint64_t counter, const T* counts, const T* probabilities,
                     T* y) {
  for_each_element(n, key, counter, [=](Stream& stream, std::int64_t i) {
    y[i] = T(binomial(stream, double(counts[i]), double(probabilities[i])));
  });
}

template void random_gamma(std::int64_t, std::uint64_t, std::uint64_t, bool, const float*, float*);
template void random_gamma(std::int64_t, std::uint64_t, std::uint64_t, bool, const double*, double*);
template void random_binomial(std::int64_t, std::uint64_t, std::uint64_t, const float*, const float*, float*);
template void random_binomial(std::int64_t, std::uint64_t, std::uint64_t, const double*, const double*, double*);

}  // namespace lamina::kernels
