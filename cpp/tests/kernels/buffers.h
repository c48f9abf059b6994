// What the tests of the kernels that move and reduce data share: buffers that lie beside every alignment and notice
// writes outside, loops over levels and thread counts, and comparisons.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "core/parallel_for.h"
#include "kernels/table.h"

namespace lamina::testing_buffers {

using Index = std::int64_t;

// `size` elements that start one element after a cache line, between guards.
template <class T>
class Buffer {
 public:
  explicit Buffer(Index size) : size_(size), bytes_(static_cast<std::size_t>(size + 2 * kGuard) * sizeof(T) + 64) {
    std::memset(bytes_.data(), kPattern, bytes_.size());
  }
  Buffer(Buffer&&) = default;  // a copy's data would lie at another offset from the alignment
  Index size() const { return size_; }
  T* data() { return reinterpret_cast<T*>(start() + kGuard * sizeof(T)); }
  const T* data() const { return const_cast<Buffer*>(this)->data(); }
  template <class I>
  T& operator[](I i) {
    return data()[static_cast<Index>(i)];
  }
  template <class I>
  const T& operator[](I i) const {
    return data()[static_cast<Index>(i)];
  }

  bool guards_intact() const {
    const unsigned char* first = const_cast<Buffer*>(this)->start();
    for (std::size_t i = 0; i < kGuard * sizeof(T); ++i)
      if (first[i] != kPattern || first[(kGuard + static_cast<std::size_t>(size_)) * sizeof(T) + i] != kPattern)
        return false;
    return true;
  }
  bool same_bits(const Buffer& other) const {
    return size_ == other.size_ && std::memcmp(data(), other.data(), static_cast<std::size_t>(size_) * sizeof(T)) == 0;
  }

  // Values in [centre - spread, centre + spread]; integers and bool over their whole range.
  Buffer& randomize(std::mt19937_64& engine, double spread = 1, double centre = 0) {
    std::uniform_real_distribution<double> uniform(centre - spread, centre + spread);
    for (Index i = 0; i < size_; ++i) {
      if constexpr (std::is_same_v<T, bool>)
        data()[i] = (engine() & 1) != 0;
      else if constexpr (std::is_floating_point_v<T>)
        data()[i] = static_cast<T>(uniform(engine));
      else
        data()[i] = static_cast<T>(engine());
    }
    return *this;
  }

 private:
  static constexpr std::size_t kGuard = 17;  // odd, so that the data starts off every vector's alignment
  static constexpr unsigned char kPattern = 0xa5;

  unsigned char* start() {
    const auto address = reinterpret_cast<std::uintptr_t>(bytes_.data());
    return bytes_.data() + (64 - address % 64) % 64;
  }

  Index size_;
  std::vector<unsigned char> bytes_;
};

// Scratch as plans give it: aligned to 64 bytes, of exactly the size asked for, full of garbage.
class Scratch {
 public:
  explicit Scratch(std::size_t bytes) : size_(bytes), bytes_(bytes + 128, 0xa5) {}
  void* data() {
    const auto address = reinterpret_cast<std::uintptr_t>(bytes_.data());
    return bytes_.data() + (64 - address % 64) % 64;
  }
  bool guard_intact() {
    const auto* end = static_cast<unsigned char*>(data()) + size_;
    while (end < bytes_.data() + bytes_.size())
      if (*end++ != 0xa5) return false;
    return true;
  }

 private:
  std::size_t size_;
  std::vector<unsigned char> bytes_;
};

template <class T>
const kernels::FloatTable<T>& floats_of(const kernels::Table& table) {
  if constexpr (std::is_same_v<T, float>)
    return table.float32;
  else
    return table.float64;
}

template <class T>
const kernels::AnyTable<T>& any_of(const kernels::Table& table) {
  if constexpr (std::is_same_v<T, float>)
    return table.any_float32;
  else if constexpr (std::is_same_v<T, double>)
    return table.any_float64;
  else if constexpr (std::is_same_v<T, std::int32_t>)
    return table.any_int32;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return table.any_int64;
  else if constexpr (std::is_same_v<T, std::uint8_t>)
    return table.any_uint8;
  else
    return table.any_bool;
}

template <class Body>
void for_each_level(const Body& body) {
  for (int i = 0; i < kernels::num_runnable_tables(); ++i) {
    SCOPED_TRACE(std::string("level ") + kernels::runnable_table(i).level);
    body(kernels::runnable_table(i));
  }
}

// Runs compute(output) with 1, 2 and 3 threads: the bits must be the same, and nothing may be written outside.
// Returns the output.
template <class T, class Compute>
Buffer<T> with_threads(Index size, const Compute& compute) {
  const int before = num_threads();
  Buffer<T> first(size);
  set_num_threads(1);
  compute(first);
  EXPECT_TRUE(first.guards_intact()) << "wrote outside the output";
  for (const int threads : {2, 3}) {
    Buffer<T> other(size);
    set_num_threads(threads);
    compute(other);
    EXPECT_TRUE(first.same_bits(other)) << "other bits with " << threads << " threads";
  }
  set_num_threads(before);
  return first;
}

template <class T>
constexpr double epsilon() {
  return static_cast<double>(std::numeric_limits<T>::epsilon());
}

// What references compute in.
template <class T>
using Exact = std::conditional_t<std::is_same_v<T, float>, double, long double>;

template <class T>
std::vector<Exact<T>> exact(Index size) {
  return std::vector<Exact<T>>(static_cast<std::size_t>(size));
}

// |actual - expected| <= tolerance(i), NaN where NaN is expected, infinities equal. Reports the first few misses.
template <class T, class Expected, class Tolerance>
void expect_near(const Buffer<T>& actual, const Expected& expected, const Tolerance& tolerance,
                 const std::string& what) {
  int misses = 0;
  for (Index i = 0; i < actual.size() && misses < 3; ++i) {
    const double a = static_cast<double>(actual[i]), e = static_cast<double>(expected[static_cast<std::size_t>(i)]);
    const bool same = std::isnan(e) ? std::isnan(a) : a == e || std::fabs(a - e) <= tolerance(i);
    if (!same) {
      ++misses;
      ADD_FAILURE() << what << "[" << i << "] is " << a << ", expected " << e << " within "
                    << (std::isnan(e) ? 0.0 : tolerance(i));
    }
  }
}

template <class T, class Expected>
void expect_equal(const Buffer<T>& actual, const Expected& expected, const std::string& what) {
  int misses = 0;
  for (Index i = 0; i < actual.size() && misses < 3; ++i) {
    const T e = static_cast<T>(expected[static_cast<std::size_t>(i)]);
    if (actual[i] != e && !(actual[i] != actual[i] && e != e)) {
      ++misses;
      ADD_FAILURE() << what << "[" << i << "] is " << +actual[i] << ", expected " << +e;
    }
  }
}

inline std::string shape_string(std::initializer_list<Index> sizes) {
  std::string text = "(";
  for (const Index size : sizes) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + ")";
}

}  // namespace lamina::testing_buffers
