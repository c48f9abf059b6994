// Elementwise functions, broadcasts, conversions and random numbers: GB/s read and written, against the speed of a
// copy. 16k elements lie in the caches, 4M only in large ones, 16M do not.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernels/table.h"
#include "peak.h"

namespace {

using namespace lamina;
using kernels::Binary;
using kernels::Broadcast;
using kernels::Compare;
using kernels::Unary;

constexpr std::int64_t kSizes[] = {1 << 14, 1 << 20, 1 << 22, 1 << 24};

std::string size_name(std::int64_t n) {
  return n < 1 << 20 ? std::to_string(n >> 10) + "k" : std::to_string(n >> 20) + "M";
}

// Values in (0, 2), where every function is defined.
template <class T>
std::vector<T> values(std::int64_t n) {
  std::vector<T> x(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<T>(0.001 + static_cast<double>(i * 7919 % 1999) * 0.001);
  return x;
}

template <class T>
void unary_row(const char* name, Unary function, std::int64_t n) {
  bench::add_row("unary/" + std::string(name) + (sizeof(T) == 8 ? "/double/" : "/") + size_name(n),
                 [=](benchmark::State& state) {
                   const std::vector<T> x = values<T>(n);
                   std::vector<T> y(x);
                   for (auto _ : state)
                     kernels::any_table<T>().elementwise.unary(function, T(0.5), n, x.data(), y.data());
                   bench::report_bytes(state, 2.0 * sizeof(T) * static_cast<double>(n));
                 });
}

void unary_grad_row(const char* name, Unary function, std::int64_t n) {
  bench::add_row("unary_grad/" + std::string(name) + "/" + size_name(n), [=](benchmark::State& state) {
    const std::vector<float> x = values<float>(n);
    std::vector<float> dy(x), dx(x);
    for (auto _ : state) {
      kernels::any_table<float>().elementwise.unary_grad(function, 0.5f, n, x.data(), dy.data(), dx.data());
    }
    bench::report_bytes(state, 12.0 * static_cast<double>(n));
  });
}

// rows x columns, the second operand with these strides
void binary_row(const char* name, Binary function, std::int64_t rows, std::int64_t columns, std::int64_t row_stride,
                std::int64_t column_stride) {
  bench::add_row("binary/" + std::string(name) + "/" + size_name(rows * columns), [=](benchmark::State& state) {
    Broadcast shape;
    shape.rank = 2;
    shape.shape[0] = rows;
    shape.shape[1] = columns;
    shape.strides[0][0] = columns;
    shape.strides[0][1] = 1;
    shape.strides[1][0] = row_stride;
    shape.strides[1][1] = column_stride;
    const std::vector<float> a = values<float>(rows * columns);
    const std::int64_t operand = (rows - 1) * row_stride + (columns - 1) * column_stride + 1;
    const std::vector<float> b = values<float>(operand);
    std::vector<float> y(a);
    for (auto _ : state) kernels::any_table<float>().elementwise.binary(function, shape, a.data(), b.data(), y.data());
    bench::report_bytes(state, 4.0 * static_cast<double>(2 * rows * columns + operand));
  });
}

// Everything else: a name, the bytes per element (an array that is read twice counts once), and a call.
void plain_row(const std::string& name, std::int64_t n, double bytes,
               const std::function<void(const float*, float*)>& run) {
  bench::add_row(name + "/" + size_name(n), [=](benchmark::State& state) {
    const std::vector<float> x = values<float>(n);
    std::vector<double> y(static_cast<std::size_t>(n) + 1);
    for (auto _ : state) run(x.data(), reinterpret_cast<float*>(y.data()));
    bench::report_bytes(state, bytes * static_cast<double>(n));
  });
}

// Asked for when a row runs: rows are listed before the level is chosen.
const kernels::Elementwise<float>& floats() { return kernels::any_table<float>().elementwise; }
const kernels::Random<float>& random_numbers() { return kernels::float_table<float>().random; }

const bool registered = [] {
  for (const std::int64_t n : kSizes) {
    unary_row<float>("relu", Unary::relu, n);
    unary_row<float>("sqrt", Unary::sqrt, n);
    unary_row<float>("exp", Unary::exp, n);
    unary_row<float>("log", Unary::log, n);
    unary_row<float>("log1p", Unary::log1p, n);
    unary_row<float>("sin", Unary::sin, n);
    unary_row<float>("tanh", Unary::tanh, n);
    unary_row<float>("erf", Unary::erf, n);
    unary_row<float>("sigmoid", Unary::sigmoid, n);
    unary_row<float>("softplus", Unary::softplus, n);
    unary_row<float>("silu", Unary::silu, n);
    unary_row<float>("gelu", Unary::gelu, n);
    unary_row<float>("gelu_tanh", Unary::gelu_tanh, n);
    unary_row<float>("elu", Unary::elu, n);
    unary_row<float>("mish", Unary::mish, n);
  }
  for (const Unary function : {Unary::exp, Unary::tanh, Unary::sigmoid, Unary::gelu}) {
    const char* name = function == Unary::exp    ? "exp"
                       : function == Unary::tanh ? "tanh"
                       : function == Unary::gelu ? "gelu"
                                                 : "sigmoid";
    unary_row<double>(name, function, 1 << 14);
  }
  unary_row<float>("tan", Unary::tan, 1 << 20);
  unary_row<float>("exp2", Unary::exp2, 1 << 20);
  unary_row<float>("erfinv", Unary::erfinv, 1 << 20);

  for (const std::int64_t n : kSizes) {
    unary_grad_row("relu", Unary::relu, n);
    unary_grad_row("tanh", Unary::tanh, n);
    unary_grad_row("sigmoid", Unary::sigmoid, n);
    unary_grad_row("silu", Unary::silu, n);
    unary_grad_row("gelu", Unary::gelu, n);
  }

  for (const std::int64_t rows : {16, 16384}) {
    binary_row("add_same", Binary::add, rows, 1024, 1024, 1);
    binary_row("add_scalar", Binary::add, rows, 1024, 0, 0);
    binary_row("add_row", Binary::add, rows, 1024, 0, 1);
    binary_row("add_column", Binary::add, rows, 1024, 1, 0);
    binary_row("add_row_of_4", Binary::add, rows * 256, 4, 0, 1);
    binary_row("add_column_by_4", Binary::add, rows * 256, 4, 1, 0);
    binary_row("add_row_of_64", Binary::add, rows * 16, 64, 0, 1);
  }
  binary_row("add_transposed", Binary::add, 1024, 1024, 1, 1024);
  binary_row("maximum_same", Binary::maximum, 16384, 1024, 1024, 1);
  binary_row("power", Binary::power, 1024, 1024, 1024, 1);
  binary_row("hypot", Binary::hypot, 1024, 1024, 1024, 1);
  binary_row("gammainc", Binary::gammainc, 256, 1024, 1024, 1);

  for (const std::int64_t n : kSizes) {
    Broadcast flat;
    flat.rank = 1;
    flat.shape[0] = n;
    flat.strides[0][0] = flat.strides[1][0] = flat.strides[2][0] = 1;
    plain_row("compare/less", n, 5, [=](const float* x, float* y) {
      floats().compare(Compare::less, flat, x, x, reinterpret_cast<bool*>(y));
    });
    plain_row("where", n, 8,
              [=](const float* x, float* y) { floats().where(flat, reinterpret_cast<const bool*>(x), x, x, y); });
    plain_row("clip", n, 8, [=](const float* x, float* y) { floats().clip(n, x, 0.5f, 1.5f, y); });
    plain_row("fill", n, 4, [=](const float*, float* y) { floats().fill(n, 1.0f, y); });
    plain_row("cast/float32_to_int32", n, 8, [=](const float* x, float* y) { floats().cast(n, x, 2, y); });
    plain_row("cast/float32_to_uint8", n, 5, [=](const float* x, float* y) { floats().cast(n, x, 4, y); });
    plain_row("cast/float32_to_float64", n, 12, [=](const float* x, float* y) { floats().cast(n, x, 1, y); });
    plain_row("cast/uint8_to_float32", n, 5, [=](const float* x, float* y) {
      kernels::any_table<std::uint8_t>().elementwise.cast(n, reinterpret_cast<const std::uint8_t*>(x), 0, y);
    });

    plain_row("random/uniform", n, 4, [=](const float*, float* y) { random_numbers().uniform(n, 1, 2, 0, 1, y); });
    plain_row("random/normal", n, 4, [=](const float*, float* y) { random_numbers().normal(n, 1, 2, 0, 1, y); });
    plain_row("random/truncated_normal", n, 4,
              [=](const float*, float* y) { random_numbers().truncated_normal(n, 1, 2, 0, 1, y); });
    plain_row("random/dropout", n, 8, [=](const float* x, float* y) { random_numbers().dropout(n, 1, 2, 0.5, x, y); });
  }
  return true;
}();

}  // namespace
