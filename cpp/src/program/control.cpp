#include "program/control.h"

#include <algorithm>
#include <cstring>

#include "autodiff/gradient.h"
#include "core/arena.h"
#include "lamina/error.h"
#include "ops/functions.h"
#include "program/passes.h"

namespace lamina {

Bodies::Planned& Bodies::planned(const Graphs& graphs, std::size_t which) {
  if (!counted_.load(std::memory_order_acquire)) {
    const std::lock_guard<std::mutex> lock(planning_);
    if (!planned_) planned_ = std::make_unique<Planned[]>(graphs.size());
    counted_.store(true, std::memory_order_release);
  }
  Planned& planned = planned_[which];
  if (planned.made.load(std::memory_order_acquire)) return planned;
  const std::lock_guard<std::mutex> lock(planning_);
  if (planned.plan) return planned;
  Graph graph = *graphs[which];
  optimize(graph);
  std::vector<Shape> shapes;
  for (const auto& input : graph.inputs)
    shapes.push_back(graph.values[static_cast<std::size_t>(input.value)].dims.shape());
  planned.plan = std::make_shared<const Plan>(make_plan(graph, shapes, 0));
  planned.made.store(true, std::memory_order_release);
  return planned;
}

Bodies::Lease::Lease(Bodies& bodies, const Graphs& graphs, std::size_t which)
    : planned_(bodies.planned(graphs, which)), workspace_(planned_.idle.take()) {
  if (!workspace_) workspace_ = std::make_unique<Workspace>(planned_.plan);
}

Bodies::Lease::~Lease() { planned_.idle.give(std::move(workspace_)); }

namespace {

using Size = std::size_t;

const Spec& input_of(const Graph& g, Size i) { return g.values[Size(g.inputs[i].value)]; }
const Spec& output_of(const Graph& g, Size i) { return g.values[Size(g.outputs[i].value)]; }

bool known_apart(const Dim& a, const Dim& b) { return a.known() && b.known() && a.value() != b.value(); }

bool fits(const Spec& a, const Spec& b) {
  return a.dtype == b.dtype && a.rank() == b.rank() &&
         std::mismatch(a.dims.begin(), a.dims.end(), b.dims.begin(), [](const Dim& x, const Dim& y) {
           return !known_apart(x, y);
         }).first == a.dims.end();
}

void require_fit(const char* op, const Spec& expected, const Spec& received, const std::string& what) {
  if (!fits(expected, received))
    fail(ErrorKind::value, std::string(op) + ": " + what, to_string(expected), to_string(received),
         "Let the body give what it takes: the same dtype and shape at every step.");
}

void require_inputs(const char* op, const Graph& graph, Size received) {
  if (graph.inputs.size() != received)
    fail(ErrorKind::value, std::string(op) + ": a body takes another number of inputs",
         std::to_string(graph.inputs.size()), std::to_string(received), "Trace the body again.");
}

// The graph of an op with one body; files may say anything.
const Graph& only(const char* op, const Graphs& graphs) {
  if (graphs.size() != 1)
    fail(ErrorKind::value, std::string(op) + ": wrong number of bodies", "1", std::to_string(graphs.size()),
         "Trace the body again.");
  return *graphs[0];
}

Spec row_of(const Spec& spec) { return {spec.dtype, Dims(spec.dims.begin() + 1, spec.dims.end())}; }

Spec rows_of(const Spec& spec, const Dim& length) {
  Spec rows = spec;
  rows.dims.insert(rows.dims.begin(), length);
  return rows;
}

Values placeholders(const Specs& specs) {
  Values values;
  for (const Spec& spec : specs) values.push_back(Value::placeholder(spec, "body"));
  return values;
}

Value or_zeros(const Value& gradient, const Value& like) { return gradient ? gradient : ops::zeros_like(like); }

void append(Values& to, const Values& more) { to.insert(to.end(), more.begin(), more.end()); }

}  // namespace

Specs Scan::infer(const Specs& inputs) const {
  const Graph& g = only(name, body);
  const Size c = static_cast<Size>(carries), s = static_cast<Size>(slices);
  require_inputs(name, g, inputs.size());
  if (carries < 0 || slices < 0 || c + s > inputs.size() || c > g.outputs.size() ||
      (length.known() && length.value() < 0))
    fail(ErrorKind::value, "scan: the counts do not fit the body", "carries and xs among its inputs",
         std::to_string(carries) + " and " + std::to_string(slices) + ", length " + to_string(length),
         "Trace the body again.");
  Specs outputs;
  for (Size i = 0; i < inputs.size(); ++i) {
    const bool sliced = i >= c && i < c + s;
    if (sliced) {
      check::rank_at_least(name, inputs[i], 1);
      check::equal(name, inputs[i].dims[0], length, inputs, "numbers of rows");
    }
    require_fit(name, input_of(g, i), sliced ? row_of(inputs[i]) : inputs[i], "an input is not what the body takes");
  }
  for (Size i = 0; i < c; ++i) {
    require_fit(name, inputs[i], output_of(g, i), "the carry changes from step to step");
    outputs.push_back(inputs[i]);
  }
  for (Size i = c; i < g.outputs.size(); ++i) outputs.push_back(rows_of(output_of(g, i), length));
  for (Size i = 0; keep && i < c; ++i) outputs.push_back(rows_of(inputs[i], length));
  return outputs;
}

std::size_t Scan::scratch(const Run& r) const {
  std::size_t bytes = 0;
  for (std::int64_t i = 0; !keep && i < carries; ++i) bytes += aligned(r.inputs[i].bytes());
  return bytes;
}

// The carry goes to and fro between the outputs and the scratch memory, or from row to row of what is kept; the last
// one always lands in the outputs.
void Scan::run(const Run& r) const {
  const std::int64_t n = length.value();
  const Size c = static_cast<Size>(carries), s = static_cast<Size>(slices);
  const Size ys = body[0]->outputs.size() - c;
  auto row_at = [&](std::int64_t step) { return static_cast<Size>(reverse ? n - 1 - step : step); };
  auto kept = [&](Size i, std::int64_t step) {
    return static_cast<char*>(r.outputs[c + ys + i].data) + row_at(step) * r.inputs[i].bytes();
  };
  if (n == 0)
    for (Size i = 0; i < c; ++i) std::memcpy(r.outputs[i].data, r.inputs[i].data, r.inputs[i].bytes());
  if (n == 0) return;
  Bodies::Lease step(bodies_, body, 0);
  for (Size i = 0; i < static_cast<Size>(r.num_inputs); ++i) step->inputs[i] = r.inputs[i].data;
  for (Size i = 0; keep && i < c; ++i) {
    std::memcpy(kept(i, 0), r.inputs[i].data, r.inputs[i].bytes());
    step->inputs[i] = kept(i, 0);
  }
  for (std::int64_t t = 0; t < n; ++t) {
    char* spare = static_cast<char*>(r.scratch);
    for (Size i = 0; i < c; ++i) {
      if (t > 0) step->inputs[i] = step->outputs[i];
      const bool last = keep ? t == n - 1 : (n - 1 - t) % 2 == 0;
      step->outputs[i] = last ? r.outputs[i].data : keep ? kept(i, t + 1) : spare;
      spare += keep ? 0 : aligned(r.inputs[i].bytes());
    }
    for (Size i = c; i < c + s; ++i)
      step->inputs[i] =
          static_cast<const char*>(r.inputs[i].data) + row_at(t) * (r.inputs[i].bytes() / static_cast<Size>(n));
    for (Size i = c; i < c + ys; ++i)
      step->outputs[i] =
          static_cast<char*>(r.outputs[i].data) + row_at(t) * (r.outputs[i].bytes() / static_cast<Size>(n));
    step->run();
  }
}

// Another scan, the other way round. Its carry is the gradient of the carry, and the sums of the gradients of what was
// captured; a step computes the body again from the kept carry and differentiates it.
Values Scan::vjp(const Vjp& v) const {
  const Graph& g = *body[0];
  const Size c = static_cast<Size>(carries), s = static_cast<Size>(slices), n = v.inputs.size();
  const Size ys = g.outputs.size() - c;
  Values forward = v.outputs;
  if (!keep) {
    Scan again = *this;
    again.keep = true;
    forward = call(std::move(again), v.inputs);
  }

  Specs specs;
  for (Size i = 0; i < n; ++i) specs.push_back(i >= c && i < c + s ? row_of(v.inputs[i].spec()) : v.inputs[i].spec());
  const Values inputs = placeholders(specs);
  const Values outputs = call_graph(g, inputs);

  Values carried, begin, targets, given;  // of the new scan: its carry, how that begins; what is differentiated
  for (Size i = 0; i < c; ++i) {
    if (!is_floating(specs[i].dtype)) continue;
    carried.push_back(Value::placeholder(specs[i], "gradient"));
    begin.push_back(or_zeros(v.gradients[i], v.inputs[i]));
    targets.push_back(outputs[i]);
    given.push_back(carried.back());
  }
  Values rows, row_placeholders;  // gradients of the ys, and of the kept carries
  for (Size i = c; i < v.outputs.size(); ++i) {
    if (!v.gradients[i]) continue;
    rows.push_back(v.gradients[i]);
    row_placeholders.push_back(Value::placeholder(row_of(v.gradients[i].spec()), "gradient"));
    targets.push_back(i < c + ys ? outputs[i] : inputs[i - c - ys]);
    given.push_back(row_placeholders.back());
  }
  const Values found = gradient(targets, inputs, given);

  Values new_carry, new_rows;
  std::vector<int> place(n, -1);  // of an input's gradient among the outputs of the new scan
  for (Size i = 0; i < c; ++i) {
    if (!is_floating(specs[i].dtype)) continue;
    place[i] = static_cast<int>(new_carry.size());
    new_carry.push_back(or_zeros(found[i], inputs[i]));
  }
  for (Size i = c + s; i < n; ++i) {
    if (!v.need(static_cast<int>(i)) || !found[i]) continue;
    const Value sum = Value::placeholder(specs[i], "gradient");
    carried.push_back(sum);
    begin.push_back(ops::zeros_like(v.inputs[i]));
    place[i] = static_cast<int>(new_carry.size());
    new_carry.push_back(ops::add(sum, found[i]));
  }
  for (Size i = c; i < c + s; ++i) {
    if (!v.need(static_cast<int>(i)) || !found[i]) continue;
    place[i] = static_cast<int>(new_carry.size() + new_rows.size());
    new_rows.push_back(found[i]);
  }

  Values parameters = carried;  // then the rows: kept carries, xs, gradients of the ys; then what was captured
  append(parameters, inputs);
  parameters.insert(parameters.begin() + static_cast<std::ptrdiff_t>(carried.size() + c + s), row_placeholders.begin(),
                    row_placeholders.end());
  Values results = new_carry;
  append(results, new_rows);
  const Closure closure = close_over(parameters, {results});

  Values arguments = begin;
  arguments.insert(arguments.end(), forward.end() - static_cast<std::ptrdiff_t>(c), forward.end());
  arguments.insert(arguments.end(), v.inputs.begin() + static_cast<std::ptrdiff_t>(c),
                   v.inputs.begin() + static_cast<std::ptrdiff_t>(c + s));
  append(arguments, rows);
  arguments.insert(arguments.end(), v.inputs.begin() + static_cast<std::ptrdiff_t>(c + s), v.inputs.end());
  append(arguments, closure.captured);

  Scan backward;
  backward.body = closure.graphs;
  backward.carries = static_cast<std::int64_t>(carried.size());
  backward.slices = static_cast<std::int64_t>(c + s + rows.size());
  backward.length = length;
  backward.reverse = !reverse;
  const bool symbolic = std::any_of(arguments.begin(), arguments.end(), [](const Value& a) { return !a.concrete(); });
  backward.keep = symbolic || Recording::active();  // for the gradient of the gradient
  const Values done = call(std::move(backward), arguments);

  Values gradients(n);
  for (Size i = 0; i < n; ++i)
    if (place[i] >= 0) gradients[i] = done[Size(place[i])];
  return gradients;
}

namespace {

void check_loop(const While& loop, Size inputs) {
  const Graph &c = only(While::name, loop.condition), &b = only(While::name, loop.body);
  const Size n = static_cast<Size>(loop.carries), m = static_cast<Size>(loop.captured);
  if (loop.carries < 0 || loop.captured < 0 || n + m > inputs || b.outputs.size() != n || c.outputs.size() != 1)
    fail(ErrorKind::value, "while_loop: the counts do not fit the bodies", "carries among the inputs",
         std::to_string(loop.carries) + " carries, " + std::to_string(loop.captured) + " captured",
         "Trace the loop again.");
  require_inputs(While::name, c, n + m);
  require_inputs(While::name, b, inputs - m);
}

}  // namespace

Specs While::infer(const Specs& inputs) const {
  check_loop(*this, inputs.size());
  const Graph &c = *condition[0], &b = *body[0];
  const Size n = static_cast<Size>(carries), m = static_cast<Size>(captured);
  for (Size i = 0; i < inputs.size(); ++i) {
    if (i < n + m) require_fit(name, input_of(c, i), inputs[i], "an input is not what the condition takes");
    if (i < n || i >= n + m)
      require_fit(name, input_of(b, i < n ? i : i - m), inputs[i], "an input is not what the body takes");
    if (i < n) require_fit(name, inputs[i], output_of(b, i), "a loop variable changes from step to step");
  }
  require_fit(name, {DType::boolean, {}}, output_of(c, 0), "the condition is not one bool");
  return Specs(inputs.begin(), inputs.begin() + carries);
}

std::size_t While::scratch(const Run& r) const {
  std::size_t bytes = 0;
  for (std::int64_t i = 0; i < carries; ++i) bytes += aligned(r.inputs[i].bytes());
  return bytes;
}

void While::run(const Run& r) const {
  const Size n = static_cast<Size>(carries), m = static_cast<Size>(captured);
  Bodies::Lease test(conditions_, condition, 0), step(bodies_, body, 0);
  bool go_on = false;
  test->outputs[0] = &go_on;
  for (Size i = 0; i < static_cast<Size>(r.num_inputs); ++i) {
    if (i < n + m) test->inputs[i] = r.inputs[i].data;
    if (i < n || i >= n + m) step->inputs[i < n ? i : i - m] = r.inputs[i].data;
  }
  for (bool to_outputs = true;; to_outputs = !to_outputs) {
    test->run();
    if (!go_on) break;
    char* spare = static_cast<char*>(r.scratch);
    for (Size i = 0; i < n; ++i) {
      step->outputs[i] = to_outputs ? r.outputs[i].data : spare;
      spare += aligned(r.inputs[i].bytes());
    }
    step->run();
    for (Size i = 0; i < n; ++i) test->inputs[i] = step->inputs[i] = step->outputs[i];
  }
  for (Size i = 0; i < n; ++i)
    if (step->inputs[i] != r.outputs[i].data) std::memcpy(r.outputs[i].data, step->inputs[i], r.inputs[i].bytes());
}

Values While::vjp(const Vjp&) const {
  fail(ErrorKind::value, "while_loop has no gradient: how often it runs is known only afterwards",
       "scan, or fori_loop with bounds that are numbers", "a while_loop between the sources and the target",
       "Use one of these, or stop_gradient.");
}

Specs Switch::infer(const Specs& inputs) const {
  check::num_inputs(name, inputs, 1, 1 << 20);
  if (branches.empty())
    fail(ErrorKind::value, "switch: there is no branch", "one or more branches", "none", "Pass a list of functions.");
  const DType dtype = inputs[0].dtype;
  if (inputs[0].rank() != 0 || (dtype != DType::boolean && dtype != DType::int32 && dtype != DType::int64))
    fail(ErrorKind::type, "switch: the index is not one whole number", "a scalar of dtype bool, int32 or int64",
         to_string(inputs[0]), "Cast or reduce it.");
  const Graph& first = *branches[0];
  Specs outputs;
  for (Size i = 0; i < first.outputs.size(); ++i) outputs.push_back(output_of(first, i));
  for (const auto& branch : branches) {
    require_inputs(name, *branch, inputs.size() - 1);
    for (Size i = 1; i < inputs.size(); ++i)
      require_fit(name, input_of(*branch, i - 1), inputs[i], "an input is not what a branch takes");
    if (branch->outputs.size() != outputs.size())
      fail(ErrorKind::value, "switch: the branches give different numbers of results", std::to_string(outputs.size()),
           std::to_string(branch->outputs.size()), "Return the same structure from all branches.");
    for (Size i = 0; i < outputs.size(); ++i)
      require_fit(name, outputs[i], output_of(*branch, i), "the branches give different results");
  }
  return outputs;
}

void Switch::run(const Run& r) const {
  const DType dtype = r.inputs[0].dtype;
  const std::int64_t index = dtype == DType::boolean ? *r.in<bool>(0)
                             : dtype == DType::int32 ? *r.in<std::int32_t>(0)
                                                     : *r.in<std::int64_t>(0);
  const std::int64_t last = static_cast<std::int64_t>(branches.size()) - 1;
  Bodies::Lease branch(bodies_, branches, Size(std::clamp<std::int64_t>(index, 0, last)));
  for (Size i = 0; i < branch->inputs.size(); ++i) branch->inputs[i] = r.inputs[i + 1].data;
  for (Size i = 0; i < branch->outputs.size(); ++i) branch->outputs[i] = r.outputs[i].data;
  branch->run();
}

Values Switch::vjp(const Vjp& v) const {
  Specs specs;
  for (Size i = 1; i < v.inputs.size(); ++i) specs.push_back(v.inputs[i].spec());
  const Values inputs = placeholders(specs);
  Values needed, dys, dy_placeholders;
  for (Size i = 0; i < inputs.size(); ++i)
    if (v.need(static_cast<int>(i) + 1)) needed.push_back(inputs[i]);
  for (const Value& dy : v.gradients)
    if (dy) {
      dys.push_back(dy);
      dy_placeholders.push_back(Value::placeholder(dy.spec(), "gradient"));
    }
  std::vector<Values> results;
  for (const auto& branch : branches) {
    const Values outputs = call_graph(*branch, inputs);
    Values targets;
    for (Size i = 0; i < outputs.size(); ++i)
      if (v.gradients[i]) targets.push_back(outputs[i]);
    Values found = gradient(targets, needed, dy_placeholders);
    for (Size i = 0; i < found.size(); ++i) found[i] = or_zeros(found[i], needed[i]);
    results.push_back(std::move(found));
  }
  Values parameters = inputs;
  append(parameters, dy_placeholders);
  Closure closure = close_over(parameters, results);
  Values arguments = v.inputs;
  append(arguments, dys);
  append(arguments, closure.captured);
  Switch backward;
  backward.branches = std::move(closure.graphs);
  const Values done = call(std::move(backward), arguments);
  Values gradients(v.inputs.size());
  Size next = 0;
  for (Size i = 1; i < v.inputs.size(); ++i)
    if (v.need(static_cast<int>(i))) gradients[i] = done[next++];
  return gradients;
}

}  // namespace lamina
