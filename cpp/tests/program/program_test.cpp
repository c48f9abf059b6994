#include "program/program.h"

#include <atomic>
#include <thread>
#include <vector>

#include "core/parallel_for.h"
#include "lamina/runtime.h"
#include "program/heap.h"
#include "tiny_model.h"

namespace lamina {
namespace {

using support::op;
using support::same_bits;
using support::tiny_data;
using support::tiny_model;
using support::TinyModel;

TEST(Program, RunsEveryBatchSize) {
  const auto program = tiny_model();
  const Tensor x = tiny_data(32).x, all = program->run("predict", {x})[0];
  for (const std::int64_t rows : {1, 5, 32, 2, 5}) {
    const Tensor y = program->run("predict", {x.rows(0, rows)})[0];
    EXPECT_EQ(y.shape(), Shape({rows, 3}));
    EXPECT_LE(support::difference<float>(y, all.rows(0, rows)), 1e-6);
  }
  EXPECT_EQ(program->plan("predict", {{5, 6, 6, 1}}), program->plan("predict", {{5, 6, 6, 1}}));
  for (std::int64_t rows = 1; rows < 100; ++rows) program->plan("predict", {{rows, 6, 6, 1}});  // more than are kept
  EXPECT_TRUE(same_bits(program->run("predict", {x})[0], all));
}

TEST(Program, OptimizedAndTracedAgree) {
  const auto program = tiny_model();
  EXPECT_LT(program->optimized("predict").nodes.size(), program->graph("predict").nodes.size());
  const Tensor x = tiny_data(7).x;
  auto read = [&](const char* name) { return Value(program->variable(name)->tensor()); };
  Value h = op("relu", {ops::add(op("conv", {Value(x), read("conv/kernel")}, {{"padding", std::string("same")}}),
                                 read("conv/bias"))});
  h = ops::reshape(op("max_pool", {h}, {{"window", support::Ints{2, 2}}}), {7, 36});
  h = op("softmax", {ops::add(ops::matmul(h, read("dense/kernel"), false, false), read("dense/bias"))});
  EXPECT_LE(support::difference<float>(program->run("predict", {x})[0], h.tensor()), 1e-6);
}

TEST(Program, TrainingLearns) {
  const auto program = tiny_model();
  const support::TinyData data = tiny_data(96);
  auto loss = [&] { return program->run("evaluate_step", {data.x, data.y})[0].item<float>(); };
  const float before = loss();
  for (int epoch = 0; epoch < 15; ++epoch) program->run_batches("train_step", {data.x, data.y}, 32, 0, 3, nullptr);
  EXPECT_LT(loss(), before * 0.3f);
  EXPECT_EQ(program->variable("optimizer/iterations")->tensor().item<std::int64_t>(), 45);
  EXPECT_EQ(program->variable("dropout/state")->tensor().data<std::int64_t>()[1], 45);
}

TEST(Program, BatchesAreTheRowsInOrder) {
  const auto one = tiny_model(), other = tiny_model();
  const support::TinyData data = tiny_data(50);
  Tensor order(DType::int64, {50}), x(DType::float32, data.x.shape()), y(DType::int64, {50});
  for (std::int64_t i = 0; i < 50; ++i) {
    order.data<std::int64_t>()[i] = i * 17 % 50;
    std::memcpy(x.data<float>() + i * 36, data.x.data<float>() + i * 17 % 50 * 36, 36 * sizeof(float));
    y.data<std::int64_t>()[i] = data.y.data<std::int64_t>()[i * 17 % 50];
  }
  const std::vector<Tensor> last = one->run_batches("train_step", {data.x, data.y}, 16, 0, 4, &order);
  for (std::int64_t begin = 0; begin < 50; begin += 16)
    EXPECT_EQ(same_bits(other->run("train_step", {x.rows(begin, std::min<std::int64_t>(50, begin + 16)),
                                                  y.rows(begin, std::min<std::int64_t>(50, begin + 16))}),
                        last),
              begin == 48);
  EXPECT_TRUE(same_bits(support::values_of(*one), support::values_of(*other)));
  // In two parts, and with more batches asked for than there are.
  const auto parts = tiny_model();
  parts->run_batches("train_step", {data.x, data.y}, 16, 0, 1, &order);
  parts->run_batches("train_step", {data.x, data.y}, 16, 1, std::numeric_limits<std::int64_t>::max(), &order);
  EXPECT_TRUE(same_bits(support::values_of(*one), support::values_of(*parts)));
}

TEST(Program, MapsBatches) {
  const auto program = tiny_model();
  const Tensor x = tiny_data(21).x, all = program->run("predict", {x})[0];
  for (const std::int64_t batch : {1, 4, 7, 21, 1000})
    EXPECT_LE(support::difference<float>(program->map_batches("predict", {x}, batch)[0], all), 1e-6);
}

TEST(HeapAllocations, AreCounted) {
  const std::int64_t before = heap_allocations();
  std::vector<int> v(100);
  v.resize(1000);
  EXPECT_EQ(heap_allocations() - before, 2);
}

TEST(Program, AStepAfterTheFirstAllocatesNothing) {
  const auto program = tiny_model();
  const support::TinyData data = tiny_data(32);
  for (const char* entry : {"train_step", "evaluate_step", "predict"}) {
    const bool labels = std::string(entry) != "predict";
    const std::vector<Shape> shapes =
        labels ? std::vector<Shape>{data.x.shape(), data.y.shape()} : std::vector<Shape>{data.x.shape()};
    Workspace workspace(program->plan(entry, shapes));
    const void* in[] = {data.x.data(), data.y.data()};
    std::vector<Tensor> outputs;
    std::vector<void*> out;
    for (const Spec& spec : workspace.plan().outputs) {
      outputs.emplace_back(spec.dtype, spec.dims.shape());
      out.push_back(outputs.back().data());
    }
    workspace.run(in, out.data(), program->variables());
    const std::int64_t buffers = allocation_count(), heap = heap_allocations();
    for (int step = 0; step < 5; ++step) workspace.run(in, out.data(), program->variables());
    EXPECT_EQ(allocation_count() - buffers, 0) << entry;
    EXPECT_EQ(heap_allocations() - heap, 0) << entry;
  }
}

TEST(Program, ManyBatchesAllocateAsMuchAsOne) {
  const auto program = tiny_model();
  const support::TinyData data = tiny_data(320);
  Tensor order(DType::int64, {320});
  for (std::int64_t i = 0; i < 320; ++i) order.data<std::int64_t>()[i] = 319 - i;
  for (const Tensor* o : {static_cast<const Tensor*>(nullptr), static_cast<const Tensor*>(&order)}) {
    auto cost = [&](std::int64_t batches) {
      const std::int64_t buffers = allocation_count(), heap = heap_allocations();
      program->run_batches("train_step", {data.x, data.y}, 32, 0, batches, o);
      return std::make_pair(allocation_count() - buffers, heap_allocations() - heap);
    };
    cost(1);
    const auto one = cost(1);
    EXPECT_EQ(cost(10), one);
    EXPECT_EQ(one.first, 1);  // the output
  }
}

TEST(Program, NumbersDoNotDependOnTheThreads) {
  const TinyModel model{24, 24, 10, 0.25, true};
  const support::TinyData data = tiny_data(96, model);
  const int before = num_threads();
  std::vector<std::vector<Tensor>> results;
  for (const int threads : {1, 2}) {
    set_num_threads(threads);
    const auto program = tiny_model(model);
    std::vector<Tensor> result = program->run_batches("train_step", {data.x, data.y}, 40, 0, 3, nullptr);
    result.push_back(program->run("predict", {data.x})[0]);
    for (Tensor& t : support::values_of(*program)) result.push_back(t);
    results.push_back(result);
  }
  set_num_threads(before);
  EXPECT_TRUE(same_bits(results[0], results[1]));
}

TEST(Program, RunsFromManyThreads) {
  const auto program = tiny_model();
  const Tensor x = tiny_data(16).x;
  std::vector<Tensor> expected;
  for (std::int64_t rows = 1; rows <= 4; ++rows) expected.push_back(program->run("predict", {x.rows(0, rows)})[0]);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int repeat = 0; repeat < 50; ++repeat) {
        const std::int64_t rows = 1 + (t + repeat) % 4;
        if (!same_bits(program->run("predict", {x.rows(0, rows)})[0], expected[static_cast<std::size_t>(rows - 1)]))
          ++wrong;
        if (repeat % 10 == 0) program->map_batches("predict", {x}, 3);
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Program, AnEntryIsReplaced) {
  Program program;
  const Value x = Value::placeholder({DType::float32, {2}}, "x");
  const Tensor in = Tensor::of<float>({2}, {-1, 2});
  for (const char* name : {"relu", "negative"}) {
    program.add_entry("f", {{"x", x}}, {{"y", op(name, {x})}}, Trace());
    EXPECT_TRUE(same_bits(program.run("f", {in})[0], op(name, {Value(in)}).tensor()));
  }
}

TEST(Program, Refuses) {
  const auto program = tiny_model();
  const support::TinyData data = tiny_data(8);
  const Tensor short_order = Tensor::of<std::int64_t>({2}, {0, 1});
  Tensor wrong_order = Tensor::zeros(DType::int64, {8});
  wrong_order.data<std::int64_t>()[3] = 8;
  auto batches = [&](std::int64_t size, std::int64_t first, std::int64_t count, const Tensor* order = nullptr) {
    program->run_batches("train_step", {data.x, data.y}, size, first, count, order);
  };
  using support::expect_error;
  expect_error(ErrorKind::value, "The program has no entry 'prdict'. Expected: predict",
               [&] { program->run("prdict", {}); });
  expect_error(ErrorKind::value, "'predict' got the wrong number of inputs. Expected: 1. Received: 2.", [&] {
    program->run("predict", {data.x, data.y});
  });
  expect_error(ErrorKind::type,
               "Input 'image' has the wrong dtype. Expected: float32 (None, 6, 6, 1). Received: int64 (8,)",
               [&] { program->run("predict", {data.y}); });
  expect_error(ErrorKind::value, "Input 'image' has the wrong shape", [&] {
    program->run("predict", {data.x.reshaped({8, 36})});
  });
  expect_error(ErrorKind::value, "do not have the same number of rows", [&] {
    program->run_batches("train_step", {data.x, data.y.rows(0, 3)}, 2, 0, 1, nullptr);
  });
  expect_error(ErrorKind::value, "There are no such batches", [&] { batches(0, 0, 1); });
  expect_error(ErrorKind::value, "There are no such batches", [&] { batches(4, -1, 1); });
  expect_error(ErrorKind::value, "There are no such batches", [&] { batches(4, 2, 1); });
  expect_error(ErrorKind::value, "There are no such batches",
               [&] { batches(4, std::numeric_limits<std::int64_t>::max(), 1); });
  expect_error(ErrorKind::value, "There are no such batches", [&] { batches(4, 0, 0); });
  expect_error(ErrorKind::value, "The order does not fit the data", [&] { batches(4, 0, 2, &short_order); });
  expect_error(ErrorKind::index, "The order names a row that is not there. Expected: numbers in [0, 8). Received: 8",
               [&] { batches(4, 0, 2, &wrong_order); });
  expect_error(ErrorKind::value, "There is nothing to run on",
               [&] { program->map_batches("predict", {data.x.rows(0, 0)}, 4); });
  expect_error(ErrorKind::value, "There is nothing to run on", [&] { program->map_batches("predict", {data.x}, 0); });
  expect_error(ErrorKind::value, "'evaluate_step' cannot be mapped over batches", [&] {
    program->map_batches("evaluate_step", {data.x, data.y}, 4);
  });
  expect_error(ErrorKind::value,
               "Two variables of a program have one name. Expected: unique names. Received: 'dense/bias' twice",
               [&] { program->add_variable(std::make_shared<Variable>(Tensor::scalar(1.f), "dense/bias", true)); });
  const VariablePtr there = program->variable("dense/bias");
  program->add_variable(there);  // the same one again is nothing new
  EXPECT_EQ(program->variable("nothing"), nullptr);
}

}  // namespace
}  // namespace lamina
