// The settings of the engine: threads and the log (lamina/runtime.h).
#include "lamina/runtime.h"

#include <pybind11/functional.h>

#include "convert.h"

namespace lamina::python {

namespace {

// A function of Python as one that any thread may call and forget, whether it has the GIL or not. What goes wrong in it
// is reported where Python reports what it cannot raise: the engine's work is not stopped by its log.
LogFunction log_function(const py::object& object) {
  if (object.is_none()) return nullptr;
  const std::shared_ptr<PyObject> function(object.inc_ref().ptr(), [](PyObject* p) {
    if (!Py_IsInitialized()) return;
    const py::gil_scoped_acquire gil;
    Py_DECREF(p);
  });
  return [function](const std::string& topic, const std::string& line) {
    if (!Py_IsInitialized()) return;
    const py::gil_scoped_acquire gil;
    try {
      py::handle(function.get())(topic, line);
    } catch (py::error_already_set& error) {
      error.discard_as_unraisable("lamina.config.set_log");
    }
  };
}

}  // namespace

void bind_runtime(py::module_& m) {
  m.def("set_num_threads", &set_num_threads, py::arg("n"));
  m.def("num_threads", &num_threads);
  m.def("version", &version);
  m.def("isa_level", &isa_level);
  m.def("set_log_topics", &set_log_topics, py::arg("topics"));
  m.def("log_topics", &log_topics);
  m.def(
      "set_log", [](const py::object& function) { set_log(log_function(function)); }, py::arg("function"));
}

}  // namespace lamina::python
