// The generic op call: one Python function per line of ops.def, and gradients.
#include <limits>
#include <optional>

#include "autodiff/custom.h"
#include "autodiff/gradient.h"
#include "autodiff/order.h"
#include "autodiff/recompute.h"
#include "convert.h"
#include "ops/functions.h"
#include "ops/text.h"
#include "program/graph.h"

namespace lamina::python {

namespace {

// Whether an op on the inputs is done before another thread could take the GIL. Symbolic ones only make a node.
bool is_small(const Values& inputs) {
  constexpr std::int64_t elements = 1024;
  for (const Value& v : inputs)
    if (v.concrete() && v.tensor().size() > elements) return false;
  return !inputs.empty();
}

Attributes attributes_of(const py::kwargs& kwargs) {
  Attributes attributes;
  for (auto item : kwargs) {
    std::string name = item.first.cast<std::string>();
    Attribute value = attribute_of(name, item.second);
    attributes.emplace_back(std::move(name), std::move(value));
  }
  return attributes;
}

}  // namespace

void bind_ops(py::module_& m) {
  py::module_ ops = m.def_submodule("ops", "Every op of the engine: tensors by position, attributes by keyword.");
  for (const OpInfo& op : all_ops()) {
    ops.def(op.name, [&op, plain = op.make({})](const py::args& args, const py::kwargs& kwargs) -> py::object {
      const Values inputs = values_of(args);
      OpPtr made = plain;  // without attributes
      if (kwargs.size() > 0) made = op.make(attributes_of(kwargs));
      Values outputs;
      if (made == plain && is_small(inputs)) {
        outputs = lamina::apply(made, inputs);
      } else {
        py::gil_scoped_release release;
        outputs = lamina::apply(made, inputs);
      }
      if (outputs.size() == 1) return object_of(outputs[0]);
      py::tuple results(outputs.size());
      for (std::size_t i = 0; i < outputs.size(); ++i) results[i] = object_of(outputs[i]);
      return results;
    });
  }
  py::class_<Graph, std::shared_ptr<Graph>>(m, "Graph", "A body of control flow, an attribute of ops.")
      .def("__repr__", [](const Graph& g) { return to_string(g); });
  m.def(
      "close_over",
      [](const py::iterable& parameters, const py::iterable& outputs, std::optional<std::uint64_t> since) {
        std::vector<Values> lists;
        for (py::handle list : outputs) lists.push_back(values_of(list));
        const Closure closure =
            close_over(values_of(parameters), lists, since.value_or(std::numeric_limits<std::uint64_t>::max()));
        py::list graphs, captured;
        for (const auto& graph : closure.graphs) graphs.append(std::const_pointer_cast<Graph>(graph));
        for (const Value& v : closure.captured) captured.append(object_of(v));
        return py::make_tuple(graphs, captured);
      },
      py::arg("parameters"), py::arg("outputs"), py::arg("since") = py::none(),
      "(graphs, captured): one graph per list of outputs; all take the parameters, then what was captured. What does "
      "not depend on the parameters is captured, unless it was made after `since`, a number of `next_number`.");
  m.def("next_number", &next_number, "Nodes that are made from now on have larger numbers.");
  m.def(
      "with_gradient",
      [](const py::iterable& outputs, const py::iterable& inputs, const py::function& pull) {
        // The function may outlive this call, and be dropped by a thread without the GIL.
        std::shared_ptr<py::function> held(new py::function(pull), [](py::function* f) {
          py::gil_scoped_acquire gil;
          delete f;
        });
        auto call = [held](const Vjp& v) {
          py::gil_scoped_acquire gil;
          py::list given;
          for (std::size_t i = 0; i < v.outputs.size(); ++i)
            given.append(object_of(v.gradients[i] ? v.gradients[i] : ops::zeros_like(v.outputs[i])));
          Values found;
          for (py::handle g : py::iterable((*held)(given)))
            found.push_back(g.is_none() ? Value() : Value(g.cast<ValuePtr>()));
          return found;
        };
        py::list results;
        for (const Value& v : with_gradient(values_of(outputs), values_of(inputs), call)) results.append(object_of(v));
        return results;
      },
      py::arg("outputs"), py::arg("inputs"), py::arg("pull"),
      "The outputs, with the gradients of the inputs that `pull(gradients of the outputs)` gives.");
  m.def(
      "recomputed",
      [](const py::iterable& outputs, std::uint64_t since) {
        py::list results;
        for (const Value& v : recomputed(values_of(outputs), since)) results.append(object_of(v));
        return results;
      },
      py::arg("outputs"), py::arg("since"),
      "The outputs, whose gradient computes again what led to them since `since`, a number of `next_number`.");
  m.def(
      "make_vocabulary",
      [](const ValuePtr& texts) {
        py::list parts;
        for (Tensor& part : make_vocabulary(Value(texts).tensor())) parts.append(object_of(Value(part)));
        return parts;
      },
      py::arg("texts"), "The bytes, offsets and slots that the ops of texts take as a vocabulary.");
  py::class_<TokenCounter>(m, "TokenCounter", "How often tokens come in texts, which are added batch by batch.")
      .def(py::init<>())
      .def(
          "add",
          [](TokenCounter& counter, const ValuePtr& texts, std::int64_t per_document, const py::kwargs& rules) {
            const OpPtr op = make_op(TextCount::name, attributes_of(rules));  // whose attributes they are
            const Tensor rows = Value(texts).tensor();
            py::gil_scoped_release release;
            counter.add(rows, op->as<TextCount>()->rules, per_document);
          },
          py::arg("texts"), py::arg("per_document") = 1,
          "Counts the n-grams of rows, each `per_document` of them one document; the rest are rules of tokens.")
      .def(
          "found", [](const TokenCounter& counter, std::int64_t most) { return list_of(counter.found(most)); },
          py::arg("most"), "The most frequent tokens, how often each came, and in how many documents.")
      .def(py::pickle(
          [](const TokenCounter& counter) {
            py::list state;
            for (const Tensor& part : counter.found(std::numeric_limits<std::int64_t>::max()))
              state.append(array_of_tensor(part));
            return py::tuple(state);
          },
          [](const py::tuple& state) {
            std::vector<Tensor> parts;
            for (py::handle part : state) parts.push_back(tensor_of_array(part.cast<py::array>()));
            if (parts.size() != 3) throw py::value_error("TokenCounter: this is no state of one.");
            return std::make_unique<TokenCounter>(parts[0], parts[1], parts[2]);
          }));
  m.def(
      "alike",
      [](const py::object& a, const py::object& b) {
        if (!py::isinstance<Value::Impl>(a) || !py::isinstance<Value::Impl>(b)) return 0;
        const Value x(a.cast<ValuePtr>()), y(b.cast<ValuePtr>());
        const DType dtype = x.dtype();
        if (dtype != y.dtype() || is_complex(dtype)) return 0;
        if (!(x.concrete() && y.concrete()) && Trace::active() == nullptr) return 0;
        return is_floating(dtype) ? 3 : dtype == DType::boolean ? 1 : 2;
      },
      py::arg("a"), py::arg("b"),
      "Whether an op takes both as they are, tensors of one dtype, numbers or symbols of an open trace: 1 for bools, 2 "
      "for whole numbers, 3 for floats, else 0.");
  m.def(
      "gradient",
      [](const py::iterable& targets, const py::iterable& sources, const py::object& output_gradients) {
        Values from, given;
        for (py::handle s : sources)
          from.push_back(py::isinstance<Variable>(s) ? s.cast<VariablePtr>()->leaf() : Value(s.cast<ValuePtr>()));
        if (!output_gradients.is_none())
          for (py::handle g : output_gradients) given.push_back(g.is_none() ? Value() : Value(g.cast<ValuePtr>()));
        py::list results;
        for (const Value& g : gradient(values_of(targets), from, given)) results.append(object_of(g));
        return results;
      },
      py::arg("targets"), py::arg("sources"), py::arg("output_gradients") = py::none(),
      "d sum(targets) / d source for each source; None where nothing leads from it to a target.");
}

}  // namespace lamina::python
