// The activations that dense and convolution kernels can apply in their epilogue.
#pragma once

#include <cstdint>

namespace lamina::kernels {

enum class Activation : std::uint8_t { linear, relu, relu6, sigmoid, tanh, silu, gelu };

}  // namespace lamina::kernels
