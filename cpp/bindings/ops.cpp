// The generic op call: one Python function per line of ops.def, and gradients.
#include "autodiff/gradient.h"
#include "convert.h"

namespace lamina::python {

void bind_ops(py::module_& m) {
  py::module_ ops = m.def_submodule("ops", "Every op of the engine: tensors by position, attributes by keyword.");
  for (const OpInfo& op : all_ops()) {
    ops.def(op.name, [&op](const py::args& args, const py::kwargs& kwargs) -> py::object {
      const Values inputs = values_of(args);
      Attributes attributes;
      for (auto item : kwargs) {
        std::string name = item.first.cast<std::string>();
        Attribute value = attribute_of(name, item.second);
        attributes.emplace_back(std::move(name), std::move(value));
      }
      Values outputs;
      {
        py::gil_scoped_release release;
        outputs = lamina::apply(op.make(attributes), inputs);
      }
      if (outputs.size() == 1) return object_of(outputs[0]);
      py::tuple results(outputs.size());
      for (std::size_t i = 0; i < outputs.size(); ++i) results[i] = object_of(outputs[i]);
      return results;
    });
  }
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
