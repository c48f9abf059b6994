// Products whose kernel stays the same from run to run: it is packed once, in the layout that the kernels of this
// processor read, and the product takes the packed one too. Made by `pack_kernels` only; files hold the products.
#pragma once

#include "ops/conv.h"
#include "ops/matmul.h"

namespace lamina {

// What the two ops have in common.
template <class Product>
struct OfProduct {
  Product product;
  template <class V>
  void fields(V& v) {
    std::string text = Product::name;
    v("op", text);
    product.fields(v);
  }
};

// The kernel, packed for the product.
template <class Product>
struct Pack : OfProduct<Product> {
  static constexpr const char* name = "pack";
  Specs infer(const Specs& inputs) const {
    const std::size_t bytes = this->product.packed_bytes(inputs[0].dims.shape(), inputs[0].dtype);
    return {{inputs[0].dtype, {static_cast<std::int64_t>(bytes / size_of(inputs[0].dtype))}}};
  }
  void run(const Run& run) const { this->product.pack(run); }
};

// The product; its last input is the packed kernel.
template <class Product>
struct Packed : OfProduct<Product> {
  static constexpr const char* name = "packed";
  Specs infer(const Specs& inputs) const { return this->product.infer(Specs(inputs.begin(), inputs.end() - 1)); }
  std::size_t scratch(const Run& run) const { return this->product.scratch_packed(without_packed(run)); }
  void run(const Run& run) const { this->product.run_packed(without_packed(run), run.inputs[run.num_inputs - 1].data); }

 private:
  static Run without_packed(Run run) {
    --run.num_inputs;
    return run;
  }
};

}  // namespace lamina
