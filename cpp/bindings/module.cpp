// The extension module lamina._core.
#include "convert.h"
#include "lamina/error.h"

namespace lamina::python {

namespace {

PyObject* exception_for(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::type:
      return PyExc_TypeError;
    case ErrorKind::io:
      return PyExc_OSError;
    case ErrorKind::state:
      return PyExc_RuntimeError;
    default:
      return PyExc_ValueError;
  }
}

}  // namespace

PYBIND11_MODULE(_core, m, py::mod_gil_not_used()) {
  m.doc() = "The native engine: tensors, the generic op call, variables, traces and programs.";
  py::register_exception_translator([](std::exception_ptr p) {
    try {
      if (p) std::rethrow_exception(p);
    } catch (const Error& e) {
      PyErr_SetString(exception_for(e.kind()), e.what());
    }
  });
  bind_dim(m);
  bind_tensor(m);
  bind_variables(m);
  bind_ops(m);
  bind_program(m);
  bind_runtime(m);
}

}  // namespace lamina::python
