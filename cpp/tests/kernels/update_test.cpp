// Optimizer updates against the reference, at every level.
#include "kernels/update/update.h"

#include "kernels/buffers.h"
#include "kernels/update/reference.h"

namespace lamina {
namespace {

using namespace testing_buffers;

constexpr Index kSizes[] = {0, 1, 3, 7, 8, 15, 16, 17, 31, 33, 100, 200003};

// The arrays of one update; `second` and `third` are optional slots.
template <class T>
struct Slots {
  explicit Slots(Index n) : g(n), p(n), first(n), second(n), third(n) {
    std::mt19937_64 engine(21);
    g.randomize(engine);
    p.randomize(engine);
    first.randomize(engine);
    second.randomize(engine, 0.5, 0.6);  // positive: a second moment
    third.randomize(engine, 0.5, 0.6);
  }
  Buffer<T> g, p, first, second, third;
};

// Runs `update` from the same start with 1, 2 and 3 threads and compares every array with the reference.
template <class T, class Update, class Reference>
void check(Index n, const Update& update, const Reference& reference, double magnitude) {
  Slots<T> expected(n);
  std::vector<double> p(static_cast<std::size_t>(n)), first(p), second(p), third(p);
  for (Index i = 0; i < n; ++i) {
    const auto at = static_cast<std::size_t>(i);
    p[at] = double(expected.p[i]);
    first[at] = double(expected.first[i]);
    second[at] = double(expected.second[i]);
    third[at] = double(expected.third[i]);
    reference(double(expected.g[i]), p[at], first[at], second[at], third[at]);
  }
  const auto tolerance = [&](Index) { return 8 * epsilon<T>() * magnitude; };
  for_each_level([&](const kernels::Table& table) {
    const int before = num_threads();
    std::vector<Slots<T>> results;
    for (const int threads : {1, 2, 3}) {
      set_num_threads(threads);
      results.emplace_back(n);
      Slots<T>& s = results.back();
      update(floats_of<T>(table).update, s);
      EXPECT_TRUE(s.p.guards_intact() && s.first.guards_intact() && s.second.guards_intact() &&
                  s.third.guards_intact());
      EXPECT_TRUE(s.p.same_bits(results[0].p) && s.first.same_bits(results[0].first) &&
                  s.second.same_bits(results[0].second) && s.third.same_bits(results[0].third))
          << "other bits with " << threads << " threads";
    }
    set_num_threads(before);
    expect_near(results[0].p, p, tolerance, "p");
    expect_near(results[0].first, first, tolerance, "first slot");
    expect_near(results[0].second, second, tolerance, "second slot");
    expect_near(results[0].third, third, tolerance, "third slot");
  });
}

template <class T>
void check_sgd() {
  const T rate = T(0.1);
  for (const Index n : kSizes) {
    check<T>(
        n, [&](const auto& u, Slots<T>& s) { u.sgd(n, rate, 0, false, s.g.data(), s.p.data(), nullptr); },
        [&](double g, double& p, double&, double&, double&) { reference::sgd(double(rate), 0, false, g, p, nullptr); },
        2);
    for (const bool nesterov : {false, true}) {
      check<T>(
          n,
          [&](const auto& u, Slots<T>& s) { u.sgd(n, rate, T(0.9), nesterov, s.g.data(), s.p.data(), s.first.data()); },
          [&](double g, double& p, double& m, double&, double&) {
            reference::sgd(double(rate), double(T(0.9)), nesterov, g, p, &m);
          },
          2);
    }
  }
}

TEST(Update, Sgd) {
  check_sgd<float>();
  check_sgd<double>();
}

template <class T>
void check_adam() {
  const T alpha = T(0.01), beta_1 = T(0.9), beta_2 = T(0.999), epsilon = T(1e-7);
  for (const Index n : kSizes) {
    for (const bool amsgrad : {false, true}) {
      check<T>(
          n,
          [&](const auto& u, Slots<T>& s) {
            u.adam(n, alpha, beta_1, beta_2, epsilon, s.g.data(), s.p.data(), s.first.data(), s.second.data(),
                   amsgrad ? s.third.data() : nullptr);
          },
          [&](double g, double& p, double& m, double& v, double& v_hat) {
            reference::adam(double(alpha), double(beta_1), double(beta_2), double(epsilon), g, p, m, v,
                            amsgrad ? &v_hat : nullptr);
          },
          2);
    }
  }
}

TEST(Update, Adam) {
  check_adam<float>();
  check_adam<double>();
}

template <class T>
void check_rmsprop() {
  const T rate = T(0.01), rho = T(0.9), epsilon = T(1e-7);
  for (const Index n : kSizes) {
    for (const bool centered : {false, true}) {
      for (const bool with_momentum : {false, true}) {
        const T momentum = with_momentum ? T(0.5) : T(0);
        // The average must stay below the root of the second moment for the variance to be positive.
        const auto small_average = [](Slots<T>& s) {
          for (Index i = 0; i < s.first.size(); ++i) s.first[i] *= T(0.01);
        };
        check<T>(
            n,
            [&](const auto& u, Slots<T>& s) {
              small_average(s);
              u.rmsprop(n, rate, rho, momentum, epsilon, s.g.data(), s.p.data(), s.second.data(),
                        centered ? s.first.data() : nullptr, with_momentum ? s.third.data() : nullptr);
            },
            [&](double g, double& p, double& a, double& v, double& b) {
              a = double(T(T(a) * T(0.01)));
              reference::rmsprop(double(rate), double(rho), double(momentum), double(epsilon), g, p, v,
                                 centered ? &a : nullptr, with_momentum ? &b : nullptr);
            },
            2);
      }
    }
  }
}

TEST(Update, RmsProp) {
  check_rmsprop<float>();
  check_rmsprop<double>();
}

}  // namespace
}  // namespace lamina
