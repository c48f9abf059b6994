// Programs: entries are added from traces and run natively, without the GIL.
#include "program/program.h"

#include "convert.h"
#include "io/lamina_file.h"
#include "kernels/random/random.h"
#include "lamina/io.h"

namespace lamina::python {

namespace {

NamedValues named_values(const py::iterable& pairs) {
  NamedValues values;
  for (py::handle pair : pairs) {
    const auto [name, value] = pair.cast<std::pair<std::string, ValuePtr>>();
    values.emplace_back(name, Value(value));
  }
  return values;
}

std::vector<Shape> shapes_of(const py::iterable& shapes) {
  std::vector<Shape> result;
  for (py::handle s : shapes) result.push_back(dims_of(s).shape());
  return result;
}

struct Entry {
  std::string name;
  py::list inputs, outputs;
};

py::list specs_of(const Graph& graph, const std::vector<Graph::Named>& values) {
  py::list list;
  for (const auto& [name, value] : values) {
    const Spec& spec = graph.values[static_cast<std::size_t>(value)];
    list.append(py::make_tuple(name, shape_tuple(spec.dims), name_of(spec.dtype)));
  }
  return list;
}

std::size_t bytes_of(const Specs& specs) {
  std::size_t bytes = 0;
  for (const Spec& spec : specs) bytes += spec.bytes();
  return bytes;
}

template <class Run>
std::vector<Tensor> without_gil(Run&& run) {
  const py::gil_scoped_release release;
  return run();
}

template <class Run>
py::list run_released(Run&& run) {
  return list_of(without_gil(std::forward<Run>(run)));
}

}  // namespace

void bind_program(py::module_& m) {
  py::class_<Entry>(m, "Entry", "One function of a program.")
      .def_readonly("name", &Entry::name)
      .def_readonly("inputs", &Entry::inputs)
      .def_readonly("outputs", &Entry::outputs);

  py::class_<Program, std::shared_ptr<Program>>(m, "Program", "Variables and entries, optimized and planned natively.")
      .def(py::init<>())
      .def(
          "add_entry",
          [](Program& p, const std::string& name, const py::iterable& inputs, const py::iterable& outputs,
             const Trace& trace) { p.add_entry(name, named_values(inputs), named_values(outputs), trace); },
          py::arg("name"), py::arg("inputs"), py::arg("outputs"), py::arg("trace"))
      .def("add_variable", &Program::add_variable, py::arg("variable"))
      .def("has_entry", &Program::has_entry, py::arg("name"))
      .def("entry",
           [](const Program& p, const std::string& name) {
             const Graph& g = p.graph(name);
             return Entry{name, specs_of(g, g.inputs), specs_of(g, g.outputs)};
           })
      .def_property_readonly("variables",
                             [](const Program& p) {
                               py::list list;
                               for (const VariablePtr& v : p.variables()) list.append(py::cast(v));
                               return list;
                             })
      .def(
          "run",
          [](Program& p, const std::string& entry, const py::iterable& inputs) {
            const auto tensors = tensors_of(inputs);
            return run_released([&] { return p.run(entry, tensors); });
          },
          py::arg("entry"), py::arg("inputs"))
      .def(
          "predict_arrays",
          [](Program& p, const py::args& arrays) {
            std::vector<Tensor> inputs;
            for (py::handle array : arrays) inputs.push_back(tensor_of_array(array.cast<py::array>()));
            py::list outputs;
            for (const Tensor& output : without_gil([&] { return p.run("predict", inputs); }))
              outputs.append(array_of_tensor(output));
            return outputs;
          },
          "The outputs of 'predict' for arrays, as arrays of their own.")
      .def(
          "run_batches",
          [](Program& p, const std::string& entry, const py::iterable& arrays, std::int64_t batch_size,
             std::int64_t first, std::int64_t count, const py::object& order) {
            const auto tensors = tensors_of(arrays);
            Tensor rows;
            if (!order.is_none()) rows = Value(order.cast<ValuePtr>()).tensor();
            return run_released(
                [&] { return p.run_batches(entry, tensors, batch_size, first, count, rows ? &rows : nullptr); });
          },
          py::arg("entry"), py::arg("arrays"), py::arg("batch_size"), py::arg("first"), py::arg("count"),
          py::arg("order") = py::none())
      .def(
          "map_batches",
          [](Program& p, const std::string& entry, const py::iterable& arrays, std::int64_t batch_size) {
            const auto tensors = tensors_of(arrays);
            return run_released([&] { return p.map_batches(entry, tensors, batch_size); });
          },
          py::arg("entry"), py::arg("arrays"), py::arg("batch_size"))
      .def(
          "plan_bytes",
          [](Program& p, const std::string& entry, const py::iterable& shapes) {
            const auto known = shapes_of(shapes);
            std::shared_ptr<const Plan> plan;
            {
              py::gil_scoped_release release;
              plan = p.plan(entry, known);
            }
            std::size_t prepared = 0;
            const Graph& graph = p.optimized(entry);
            for (const int v : graph.prepared) prepared += bytes_of({graph.values[static_cast<std::size_t>(v)]});
            py::dict bytes;
            bytes["arena"] = plan->arena_bytes;
            bytes["live"] = plan->live_bytes;
            bytes["outputs"] = bytes_of(plan->outputs);
            bytes["prepared"] = prepared;
            return bytes;
          },
          py::arg("entry"), py::arg("shapes"))
      .def(
          "describe",
          [](Program& p, const std::string& entry, const py::object& shapes) {
            std::string text;
            if (const Graph* preparation = p.preparation(entry))
              text = "after the variables have changed:\n" + to_string(*preparation) + "in each run:\n";
            text += to_string(p.optimized(entry));
            if (!shapes.is_none()) {
              const auto known = shapes_of(shapes);
              py::gil_scoped_release release;
              const auto plan = p.plan(entry, known);
              text += "arena " + std::to_string(plan->arena_bytes) + " bytes (live at most " +
                      std::to_string(plan->live_bytes) + "), " + std::to_string(plan->steps.size()) + " steps, " +
                      std::to_string(plan->copies.size()) + " copies\n";
            }
            return text;
          },
          py::arg("entry"), py::arg("shapes") = py::none())
      .def(
          "save",
          [](Program& p, const std::string& path, const std::map<std::string, std::string>& metadata,
             const py::object& golden) {
            std::vector<Tensor> inputs;
            if (!golden.is_none()) inputs = tensors_of(golden);
            py::gil_scoped_release release;
            io::save(path, p, metadata, inputs);
          },
          py::arg("path"), py::arg("metadata"), py::arg("golden") = py::none());

  m.def(
      "load",
      [](const std::string& path) {
        py::gil_scoped_release release;
        io::Loaded loaded = io::load(path);
        return std::make_pair(std::move(loaded.program), std::move(loaded.metadata));
      },
      py::arg("path"), "(program, metadata) of a .lamina file, verified.");
  m.def(
      "write_tensors",
      [](const std::string& path, const std::map<std::string, ValuePtr>& tensors) {
        NamedTensors named;
        for (const auto& [name, value] : tensors) named.emplace_back(name, Value(value).tensor());
        py::gil_scoped_release release;
        write_tensors(path, named);
      },
      py::arg("path"), py::arg("tensors"), "Writes a safetensors file, atomically.");
  m.def(
      "read_tensors",
      [](const std::string& path) {
        py::dict tensors;
        for (auto& [name, tensor] : read_tensors(path)) tensors[py::str(name)] = object_of(Value(tensor));
        return tensors;
      },
      py::arg("path"), "The tensors of a safetensors file, by name.");
  m.def(
      "permutation",
      [](std::int64_t n, std::int64_t seed, std::int64_t epoch) {
        Tensor order(DType::int64, {n});
        kernels::random_permutation(n, static_cast<std::uint64_t>(seed), static_cast<std::uint64_t>(epoch),
                                    order.data<std::int64_t>());
        return Value(order).impl();
      },
      py::arg("n"), py::arg("seed"), py::arg("epoch"), "The order of n samples in an epoch.");
}

}  // namespace lamina::python
