// Between Python objects and the engine's.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>

#include "autodiff/variable.h"
#include "lamina/tensor.h"
#include "ops/attributes.h"

namespace lamina::python {

namespace py = pybind11;

using ValuePtr = std::shared_ptr<Value::Impl>;  // what Python's Tensor holds

// As str; bytes that are no UTF-8 become the surrogates Python has for them.
py::object text_object(const Text& text);
Tensor tensor_of_array(const py::array& array);   // zero-copy when it can be
py::array array_of_tensor(const Tensor& tensor);  // zero-copy; writable when nobody else sees the numbers
Dim dim_of(const py::handle& object);             // int or Dim
Dims dims_of(const py::handle& sequence);
py::object dim_object(const Dim& dim);    // int or Dim
py::tuple shape_tuple(const Dims& dims);  // None where unknown
Attribute attribute_of(const std::string& name, const py::handle& object);
Values values_of(const py::handle& sequence);
py::object object_of(const Value& value);
std::vector<Tensor> tensors_of(const py::handle& sequence);  // of concrete Tensors
py::list list_of(std::vector<Tensor> tensors);

void bind_dim(py::module_& m);
void bind_tensor(py::module_& m);
void bind_ops(py::module_& m);
void bind_variables(py::module_& m);
void bind_program(py::module_& m);
void bind_runtime(py::module_& m);

}  // namespace lamina::python
