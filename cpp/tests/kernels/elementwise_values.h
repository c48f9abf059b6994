// Arguments that the tests of elementwise kernels share: the ends of every range, and what lies next to them.
#pragma once

#include "kernels/buffers.h"
#include "kernels/elementwise/elementwise.h"

namespace lamina::testing_elementwise {

using namespace testing_buffers;

template <class T>
const kernels::Elementwise<T>& elementwise_of(const kernels::Table& table) {
  return any_of<T>(table).elementwise;
}

template <class T>
std::vector<T> special_values() {
  const T infinity = std::numeric_limits<T>::infinity(), smallest = std::numeric_limits<T>::min();
  std::vector<T> values = {T(0),
                           T(-0.0),
                           infinity,
                           -infinity,
                           std::numeric_limits<T>::quiet_NaN(),
                           std::numeric_limits<T>::max(),
                           std::numeric_limits<T>::lowest(),
                           smallest,
                           -smallest,
                           std::numeric_limits<T>::denorm_min(),
                           -std::numeric_limits<T>::denorm_min()};
  for (const double value : {0.5,   0.625, 1.0,   1.5,   2.0,   2.5,    3.0,    3.5,       4.0,       6.0,   10.0,
                             15.0,  17.3,  20.0,  40.0,  87.3,  88.7,   88.73,  103.9,     104.1,     120.0, 708.3,
                             709.7, 709.8, 745.1, 745.2, 800.0, 8192.0, 8193.0, 1048576.0, 1048577.0, 1e10,  1e22}) {
    for (const T number : {T(value), std::nextafter(T(value), T(0)), std::nextafter(T(value), infinity)}) {
      values.push_back(number);
      values.push_back(-number);
    }
  }
  return values;
}

template <class T>
std::vector<T> integer_values(Index n) {
  using Limits = std::numeric_limits<T>;
  std::vector<T> values = {Limits::min(), T(Limits::min() + 1), T(-1), 0, 1, 2, 3, T(Limits::max() - 1), Limits::max()};
  std::mt19937_64 engine(9);
  while (static_cast<Index>(values.size()) < n)
    values.push_back(engine() % 2 == 0 ? T(engine()) : T(int(engine() % 21) - 10));
  return values;
}

}  // namespace lamina::testing_elementwise
