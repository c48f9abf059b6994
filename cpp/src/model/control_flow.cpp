// Loops and branches of networks that are built in C++: functions of symbols become the bodies of ops.
#include <algorithm>

#include "autodiff/order.h"
#include "lamina/graph.h"
#include "program/control.h"

namespace lamina {

namespace {

Values values_of(const Symbols& symbols) {
  Values values;
  for (const Symbol& s : symbols) values.push_back(s.value());
  return values;
}

Symbols symbols_of(const Values& values, std::size_t begin, std::size_t end) {
  Symbols symbols;
  for (std::size_t i = begin; i < end; ++i) symbols.emplace_back(values[i]);
  return symbols;
}

// What a body is called with in place of these: whole, or row by row.
Symbols parameters_like(const Symbols& symbols, int first_axis = 0) {
  Symbols parameters;
  for (const Symbol& s : symbols) {
    const Dims& dims = s.value().dims();
    parameters.emplace_back(Value::placeholder({s.dtype(), Dims(dims.begin() + first_axis, dims.end())}, "body"));
  }
  return parameters;
}

template <class Body>
void require_body(const char* op, const Body& body) {
  if (!body)
    fail(ErrorKind::value, std::string(op) + ": a function is missing", "functions that give symbols", "an empty one",
         "Pass a lambda.");
}

void require_state(const char* op, const Symbols& begin, const Symbols& next) {
  if (next.size() != begin.size())
    fail(ErrorKind::value, std::string(op) + ": the state changes from step to step",
         std::to_string(begin.size()) + " symbols", std::to_string(next.size()), "Give as many as come.");
}

void append(Values& to, const Values& more) { to.insert(to.end(), more.begin(), more.end()); }

}  // namespace

Symbols cond(const Symbol& predicate, const std::function<Symbols()>& then, const std::function<Symbols()>& otherwise) {
  require_body("cond", then);
  require_body("cond", otherwise);
  if (predicate.dtype() != DType::boolean)
    fail(ErrorKind::type, "cond: the predicate is not a bool", "bool ()", to_string(predicate.value().spec()),
         "Compare: op(\"greater\", {x, y}).");
  const std::uint64_t since = next_number();
  const Values chosen = values_of(then()), other = values_of(otherwise());
  const Closure closure = close_over({}, {other, chosen}, since);
  Switch op;
  op.branches = closure.graphs;
  Values inputs = {predicate.value()};
  append(inputs, closure.captured);
  const Values results = call(std::move(op), inputs);
  return symbols_of(results, 0, results.size());
}

Symbols while_loop(const std::function<Symbol(const Symbols&)>& condition,
                   const std::function<Symbols(const Symbols&)>& body, const Symbols& begin) {
  require_body(While::name, condition);
  require_body(While::name, body);
  const Symbols state = parameters_like(begin);
  const Values parameters = values_of(state);
  const Symbols next = body(state);
  require_state(While::name, begin, next);
  const Closure test = close_over(parameters, {{condition(state).value()}});
  const Closure step = close_over(parameters, {values_of(next)});
  While loop;
  loop.condition = test.graphs;
  loop.body = step.graphs;
  loop.carries = static_cast<std::int64_t>(begin.size());
  loop.captured = static_cast<std::int64_t>(test.captured.size());
  Values inputs = values_of(begin);
  append(inputs, test.captured);
  append(inputs, step.captured);
  return symbols_of(call(std::move(loop), inputs), 0, begin.size());
}

Scanned scan(const std::function<Scanned(const Symbols&, const Symbols&)>& step, const Symbols& begin,
             const Symbols& xs, bool reverse) {
  require_body(Scan::name, step);
  if (xs.empty() || std::any_of(xs.begin(), xs.end(), [](const Symbol& x) { return x.rank() == 0; }))
    fail(ErrorKind::value, "scan: there are no rows", "tensors of rank 1 or more as xs",
         xs.empty() ? "none" : "a scalar", "Pass one row for each step.");
  const Symbols state = parameters_like(begin), row = parameters_like(xs, 1);
  const Scanned next = step(state, row);
  require_state(Scan::name, begin, next.state);
  Values parameters = values_of(state), results = values_of(next.state), inputs = values_of(begin);
  append(parameters, values_of(row));
  append(results, values_of(next.ys));
  const Closure closure = close_over(parameters, {results});
  Scan scan;
  scan.body = closure.graphs;
  scan.carries = static_cast<std::int64_t>(begin.size());
  scan.slices = static_cast<std::int64_t>(xs.size());
  scan.length = xs[0].value().dim(0);
  scan.reverse = reverse;
  scan.keep = true;  // for the gradient; a pass takes it back where there is none
  append(inputs, values_of(xs));
  append(inputs, closure.captured);
  const Values found = call(std::move(scan), inputs);
  return {symbols_of(found, 0, begin.size()), symbols_of(found, begin.size(), results.size())};
}

}  // namespace lamina
