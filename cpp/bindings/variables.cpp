// Variables, traces and tapes.
#include "convert.h"

namespace lamina::python {

namespace {

// Variables are read and assigned with their numbers though a trace is open.
struct Suspension {
  Trace* trace = nullptr;
};

}  // namespace

void bind_variables(py::module_& m) {
  py::class_<Variable, VariablePtr>(m, "Variable", py::dynamic_attr(), "A named tensor that programs update in place.")
      .def(py::init([](const ValuePtr& value, const std::string& name, bool trainable, bool shares) {
             const Tensor tensor = Value(value).tensor();
             return shares ? Variable::sharing(tensor, name, trainable)
                           : std::make_shared<Variable>(tensor, name, trainable);
           }),
           py::arg("value"), py::arg("name") = "variable", py::arg("trainable") = true, py::arg("shares") = false)
      .def_property_readonly("value", [](const VariablePtr& v) { return object_of(v->read()); })
      .def(
          "assign", [](const VariablePtr& v, const ValuePtr& value) { v->assign(Value(value)); }, py::arg("value"))
      .def(
          "share", [](const VariablePtr& v, const VariablePtr& other) { v->share(*other); }, py::arg("other"))
      .def_readwrite("name", &Variable::name)
      .def_readwrite("trainable", &Variable::trainable)
      .def_property_readonly("shape", [](const VariablePtr& v) { return shape_tuple(Dims(v->shape())); })
      .def_property_readonly("dtype", [](const VariablePtr& v) { return name_of(v->dtype()); });

  py::class_<Suspension>(m, "Suspension")
      .def("__enter__",
           [](Suspension& s) {
             s.trace = Trace::suspend();
             return &s;
           })
      .def("__exit__", [](Suspension& s, const py::args&) { Trace::resume(s.trace); });

  py::class_<Trace, std::shared_ptr<Trace>>(m, "Trace",
                                            "While open on this thread, variables are read and assigned symbolically.")
      .def(py::init<>())
      .def("__enter__",
           [](const std::shared_ptr<Trace>& t) {
             t->open();
             return t;
           })
      .def("__exit__", [](Trace& t, const py::args&) { t.close(); })
      .def_property_readonly("variables",
                             [](const Trace& t) {
                               py::list list;
                               for (const Trace::Entry& e : t.entries()) list.append(py::cast(e.variable));
                               return list;
                             })
      .def_property_readonly(
          "entries",
          [](const Trace& t) {
            py::list list;
            for (const Trace::Entry& e : t.entries())
              list.append(py::make_tuple(py::cast(e.variable), object_of(e.leaf), object_of(e.current), e.assigned));
            return list;
          },
          "(variable, value at the start, value now, whether assigned) of each variable used.")
      .def_static("active", [] { return Trace::active() != nullptr; })
      .def_static(
          "suspended", [] { return Suspension{}; }, "A context manager in which no trace is open.");

  struct Tape {
    std::unique_ptr<Recording> recording;
  };
  py::class_<Tape>(m, "Tape", "Records concrete ops for `gradient` while open.")
      .def(py::init<>())
      .def(
          "__enter__",
          [](Tape& t) {
            t.recording = std::make_unique<Recording>();
            return &t;
          },
          py::return_value_policy::reference)
      .def("__exit__", [](Tape& t, const py::args&) { t.recording.reset(); })
      .def_static("active", &Recording::active)
      .def(
          "watch", [](Tape&, const ValuePtr& v) { v->watched = true; }, py::arg("tensor"));
}

}  // namespace lamina::python
