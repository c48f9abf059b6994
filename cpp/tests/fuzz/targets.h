// What the fuzzers run on any bytes; the tests run it on the corpus.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "io/lamina_file.h"
#include "io/program_json.h"
#include "io/safetensors.h"
#include "lamina/error.h"

namespace lamina::fuzz {

// The whole file, as lamina::Model::load gets it from memory.
inline void read_file(const std::uint8_t* data, std::size_t size) {
  try {
    io::load(data, size);
  } catch (const Error&) {  // the only way to fail
  }
}

// The program alone, which no checksum protects here: it is read, optimized, planned for small inputs and described.
inline void read_program(const std::uint8_t* data, std::size_t size) {
  io::Container container;
  for (const char* name : {"a", "b", "constant/predict/0"})
    container.tensors.emplace_back(name, Tensor::zeros(DType::float32, {2, 3}));
  container.tensors.emplace_back("n", Tensor::of<std::int64_t>({2}, {1, 2}));
  try {
    const auto program = io::program_from_json(std::string(reinterpret_cast<const char*>(data), size), container);
    for (const auto& [name, graph] : program->graphs()) {
      to_string(graph);
      std::vector<Shape> shapes;
      for (const Graph::Named& input : graph.inputs) {
        Shape shape;
        for (const Dim& d : graph.values[static_cast<std::size_t>(input.value)].dims) shape.push_back(d.value_or(2));
        shapes.push_back(shape);
      }
      program->plan(name, shapes);
    }
  } catch (const Error&) {
  }
}

}  // namespace lamina::fuzz
