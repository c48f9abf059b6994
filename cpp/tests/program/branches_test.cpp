// Branches that run side by side compute what they compute one after the other, on memory of their own.
#include "program/branches.h"

#include "lamina/runtime.h"
#include "program/graphs.h"
#include "program/heap.h"

namespace lamina {
namespace {

using support::graph_of;
using support::op;
using support::same_bits;

constexpr double kCost = 1000;

Task task(double time, std::vector<int> after = {}) { return {{time, time}, std::move(after), false}; }

std::vector<std::vector<int>> parts_of(const std::vector<Task>& tasks, int workers = 2) {
  const std::vector<Section> sections = find_branches(tasks, workers, kCost);
  return sections.size() == 1 ? sections[0].parts : std::vector<std::vector<int>>(sections.size());
}

TEST(FindBranches, PutsSideBySideWhatIsIndependent) {
  using Parts = std::vector<std::vector<int>>;
  const std::vector<Task> fork = {task(5000),      task(4000, {0}), task(3000, {0}),
                                  task(2000, {1}), task(2000, {2}), task(5000, {3, 4})};
  EXPECT_EQ(parts_of(fork), (Parts{{1, 3}, {2, 4}}));
  EXPECT_EQ(parts_of(fork, 1), Parts{});
  EXPECT_EQ(parts_of({task(5000), task(5000, {0}), task(5000, {1})}), Parts{});  // one after the other
  EXPECT_EQ(parts_of({task(900), task(900)}), Parts{});                          // not worth it
  EXPECT_EQ(parts_of({task(9000), task(900)}), Parts{});
  // More branches than workers: each takes about as much.
  const std::vector<Task> four = {task(3000), task(9000), task(5000), task(2000)};
  EXPECT_EQ(parts_of(four), (Parts{{1}, {0, 2, 3}}));
  EXPECT_EQ(parts_of(four, 4), (Parts{{1}, {2}, {0}, {3}}));
}

TEST(FindBranches, LeavesOpsThatTheWorkersShareAnyway) {
  std::vector<Task> tasks = {task(9000), task(9000)};
  for (Task& t : tasks) t.work.shared = 5000;
  EXPECT_TRUE(find_branches(tasks, 2, kCost).empty());
  tasks[1].work.shared = 9000;
  EXPECT_EQ(find_branches(tasks, 2, kCost).size(), 1u);
}

TEST(FindBranches, KeepsSectionsApart) {
  std::vector<Task> tasks = {task(5000), task(5000), task(100, {0, 1}), task(5000, {2}), task(5000, {2})};
  const std::vector<Section> sections = find_branches(tasks, 2, kCost);
  ASSERT_EQ(sections.size(), 2u);
  EXPECT_EQ(sections[0].last, 2);
  EXPECT_EQ(sections[1].first, 3);
  tasks[1].by_itself = true;
  EXPECT_EQ(find_branches(tasks, 2, kCost).size(), 1u);
}

// The memory that a step uses in the arena, and whether it writes there.
struct Use {
  std::size_t begin, end;
  bool writes;
};

std::vector<Use> uses_of(const Plan& plan, int begin, int end) {
  std::vector<Use> uses;
  auto add = [&](std::size_t offset, std::size_t bytes, bool writes) {
    if (bytes > 0) uses.push_back({offset, offset + bytes, writes});
  };
  for (int i = begin; i < end; ++i) {
    const Plan::Step& step = plan.steps[static_cast<std::size_t>(i)];
    add(step.scratch_offset, step.scratch_bytes, true);
    for (const auto* operands : {&step.inputs, &step.outputs})
      for (const Plan::Operand& o : *operands)
        if (o.place.kind == Place::Kind::arena)
          add(o.place.offset, static_cast<std::size_t>(o.shape.size()) * size_of(o.dtype), operands == &step.outputs);
  }
  return uses;
}

bool parts_are_apart(const Plan& plan) {
  for (const std::vector<int>& bounds : plan.sections)
    for (std::size_t p = 1; p + 1 < bounds.size(); ++p)
      for (const Use& a : uses_of(plan, bounds[0], bounds[p]))
        for (const Use& b : uses_of(plan, bounds[p], bounds[p + 1]))
          if ((a.writes || b.writes) && a.begin < b.end && b.begin < a.end) return false;
  return true;
}

// Two towers on what both read, made of ops that overwrite their inputs where they may, and the sum of both.
Graph towers(const Value& x) {
  Value a = op("sin", {x}), b = op("cos", {x});
  const Value both = ops::add(a, b);
  a = op("tanh", {both});
  b = op("exp", {op("relu", {both})});
  for (int i = 0; i < 3; ++i) {
    a = ops::matmul(a, Value(support::random<float>({32, 32}, 5)), false, false);
    b = op("softmax", {op("relu", {ops::multiply(b, both)})});
  }
  return graph_of({{"x", x}}, {ops::add(a, b), a});
}

TEST(Branches, HaveMemoryOfTheirOwn) {
  const Value x = Value::placeholder({DType::float32, {Dim::symbol("n"), 32}}, "x");
  const Graph graph = towers(x);
  const Tensor rows = support::random<float>({9, 32}, 1);
  const Plan plan = make_plan(graph, {rows.shape()}, 0, {}, {2, 0});
  EXPECT_FALSE(plan.sections.empty());
  EXPECT_TRUE(parts_are_apart(plan));
  EXPECT_TRUE(make_plan(graph, {rows.shape()}, 0, {}, {1, 0}).sections.empty());
  const int before = num_threads();
  for (const int threads : {1, 2}) {
    set_num_threads(threads);
    EXPECT_TRUE(same_bits(support::run_planned(graph, {rows}, {}, {2, 0}), support::run_plainly(graph, {rows})));
  }
  set_num_threads(before);
}

struct Running {
  Workspace workspace;
  Tensor result;

  Running(const Graph& graph, const Tensor& input, const Team& team)
      : workspace(std::make_shared<const Plan>(make_plan(graph, {input.shape()}, 0, {}, team))),
        result(workspace.plan().outputs[0].dtype, workspace.plan().outputs[0].dims.shape()) {
    workspace.inputs[0] = input.data();
    workspace.outputs[0] = result.data();
    if (workspace.outputs.size() > 1) second_ = Tensor(result.dtype(), result.shape());
    if (workspace.outputs.size() > 1) workspace.outputs[1] = second_.data();
  }

 private:
  Tensor second_;
};

class BranchesThreads : public testing::Test {
 protected:
  void SetUp() override { set_num_threads(2); }
  void TearDown() override { set_num_threads(before_); }

 private:
  const int before_ = num_threads();
};

TEST_F(BranchesThreads, ARunAllocatesNothing) {
  const Value x = Value::placeholder({DType::float32, {9, 32}}, "x");
  const Tensor rows = support::random<float>({9, 32}, 1);
  Running run(towers(x), rows, {2, 0});
  for (int i = 0; i < 3; ++i) run.workspace.run();
  const std::int64_t heap = heap_allocations();
  for (int i = 0; i < 5; ++i) run.workspace.run();
  EXPECT_EQ(heap_allocations(), heap);
}

TEST_F(BranchesThreads, ErrorsOfAPartArrive) {
  const Value x = Value::placeholder({DType::int32, {2}}, "x");
  auto branch = [&](std::int64_t rows) {
    const Value taken = op("take", {Value(support::random<float>({rows, 8}, 3)), x}, {{"axis", std::int64_t{0}}});
    return op("exp", {op("sin", {taken})});
  };
  const Graph graph = graph_of({{"x", x}}, {ops::add(branch(4), branch(7))});
  Tensor rows = Tensor::of<std::int32_t>({2}, {1, 3});
  Running run(graph, rows, {2, 0});
  ASSERT_FALSE(run.workspace.plan().sections.empty());
  run.workspace.run();
  const Tensor good = run.result.copy();
  for (const std::int32_t wrong : {5, 9}) {  // for one branch, for both
    rows.data<std::int32_t>()[1] = wrong;
    support::expect_error(ErrorKind::index, "take: an index is out of range", [&] { run.workspace.run(); });
    rows.data<std::int32_t>()[1] = 3;
    run.workspace.run();
    EXPECT_TRUE(same_bits(run.result, good));
  }
}

// Whoever computes them: the numbers would depend on the workers.
TEST_F(BranchesThreads, DenormalsAreZeroForAllWorkers) {
  const Value x = Value::placeholder({DType::float32, {400'000}}, "x");
  const Graph graph = graph_of({{"x", x}}, {ops::multiply(x, Value(Tensor::scalar(0.5f)))});
  Tensor least(DType::float32, {400'000});
  for (std::int64_t i = 0; i < least.size(); ++i) least.data<float>()[i] = std::numeric_limits<float>::min();
  Running run(graph, least, {});
  for (int i = 0; i < 3; ++i) {
    run.workspace.run();
    std::int64_t nonzero = 0;
    for (std::int64_t k = 0; k < run.result.size(); ++k) nonzero += run.result.data<float>()[k] != 0;
    EXPECT_EQ(nonzero, 0) << "run " << i;
  }
}

}  // namespace
}  // namespace lamina
