// Once it is warm, predicting takes no memory and no lock, from one thread and from many.
#include <atomic>
#include <mutex>
#include <thread>

#include "lamina/graph.h"
#include "lamina/lamina.h"
#include "lamina/runtime.h"
#include "quiet/trap.h"
#include "support.h"

namespace lamina {
namespace {

using support::same_bits;

TEST(Trap, SeesWhatItShouldSee) {
  std::mutex mutex;
  trap::arm();
  int* volatile kept = new int(3);
  delete kept;
  mutex.lock();
  mutex.unlock();
  const trap::Counts counts = trap::disarm();
  EXPECT_EQ(counts.allocations, 2);  // taken and given back
  EXPECT_EQ(counts.locks, 1);
}

class Layers {
 public:
  Symbol input(const std::vector<std::int64_t>& shape) { return graph_.input("x", shape); }
  Symbol weight(const Shape& shape) {
    ++number_;
    return graph_.variable("w" + std::to_string(number_), initial_value("glorot_uniform", shape, number_));
  }
  Symbol dense(const Symbol& x, std::int64_t units, const char* activation) {
    return linear(x, weight({x.size(-1).value(), units}), weight({units}), activation);
  }
  Model model(const Symbol& y) const { return graph_.compile({{"y", y}}); }

 private:
  GraphBuilder graph_;
  int number_ = 0;
};

struct Case {
  const char* name;
  Model model;
  Tensor x;
};

Case dense_case() {
  Layers net;
  const Symbol x = net.input({-1, 256});
  return {"dense", net.model(softmax(net.dense(net.dense(x, 512, "gelu"), 10, "linear"))),
          support::random<float>({70, 256}, 1)};
}

Case convolution_case() {
  Layers net;
  Symbol h = net.input({-1, 24, 24, 3});
  h = op("conv", {h, net.weight({3, 3, 3, 32}), net.weight({32})}, {{"padding", "same"}, {"activation", "relu"}});
  h = op("max_pool", {h}, {{"window", {2, 2}}});
  h = op("conv", {h, net.weight({3, 3, 1, 32}), net.weight({32})}, {{"groups", 32}});
  h = op("layer_norm", {h, net.weight({32}), net.weight({32})});
  h = op("conv", {h, net.weight({1, 1, 32, 48})}, {{"strides", {2, 2}}});
  return {"convolution", net.model(net.dense(mean(h, {1, 2}), 10, "linear")),
          support::random<float>({70, 24, 24, 3}, 2)};
}

Case recurrent_case() {
  Layers net;
  const Symbol x = net.input({-1, 12, 16});
  const Symbol z = op("transpose", {matmul(x, net.weight({16, 192}))}, {{"axes", {1, 0, 2}}});
  const Symbol start = op("fill", {}, {{"shape", {x.size(0), Size(64)}}, {"value", 0.0}});
  const Symbol states = op("gru", {z, net.weight({64, 192}), start, net.weight({192})});
  const Symbol last = op("slice", {states}, {{"starts", {12, 0, 0}}, {"stops", {Size(13), x.size(0), Size(64)}}});
  return {"recurrent", net.model(net.dense(reshape(last, {x.size(0), 64}), 3, "linear")),
          support::random<float>({70, 12, 16}, 3)};
}

Case attention_case() {
  Layers net;
  const Symbol x = net.input({-1, 20, 32});
  const auto heads = [&] { return reshape(net.dense(x, 32, "linear"), {x.size(0), 20, 4, 8}); };
  const Symbol found = reshape(op("attention", {heads(), heads(), heads()}), {x.size(0), 20, 32});
  return {"attention", net.model(mean(net.dense(found + x, 8, "relu"), {1})), support::random<float>({70, 20, 32}, 4)};
}

// All of `count` threads wait here for each other, without a lock.
class Meeting {
 public:
  explicit Meeting(int count) : count_(count) {}
  void wait() {
    const int round = round_.load();
    if (arrived_.fetch_add(1) + 1 == count_) {
      arrived_ = 0;
      round_ = round + 1;
    }
    while (round_.load() == round) std::this_thread::yield();
  }

 private:
  const int count_;
  std::atomic<int> arrived_{0}, round_{0};
};

trap::Counts counts_of(const Case& c, const Tensor& expected, int callers) {
  trap::Counts counts{};
  std::atomic<int> wrong{0};
  Meeting meeting(callers);
  std::vector<std::thread> threads;
  c.model.prepare({c.x}, 32, callers);
  for (int caller = 0; caller < callers; ++caller)
    threads.emplace_back([&, caller] {
      const std::vector<Tensor> x = {c.x};
      std::vector<Tensor> y = {Tensor(DType::float32, expected.shape())};
      c.model.predict_into(x, y, 32);  // starts this thread's workers
      meeting.wait();
      if (caller == 0) trap::arm();
      meeting.wait();
      for (int run = 0; run < 8; ++run) {
        c.model.predict_into(x, y, 32);
        wrong += !same_bits(y[0], expected);
      }
      meeting.wait();
      if (caller == 0) counts = trap::disarm();
      meeting.wait();
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
  return counts;
}

TEST(Predict, TakesNoMemoryAndNoLock) {
  const int before = num_threads();
  for (Case (*make)() : {dense_case, convolution_case, recurrent_case, attention_case}) {
    const Case c = make();
    const Tensor expected = c.model.predict(c.x);
    for (const int threads : {1, 2})
      for (const int callers : {1, 4}) {
        set_num_threads(threads);
        const trap::Counts counts = counts_of(c, expected, callers);
        const auto where = testing::Message() << c.name << ", " << threads << " threads, " << callers << " callers";
        EXPECT_EQ(counts.allocations, 0) << where;
        EXPECT_EQ(counts.locks, 0) << where;
      }
  }
  set_num_threads(before);
}

}  // namespace
}  // namespace lamina
