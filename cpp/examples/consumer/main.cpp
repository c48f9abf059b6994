// The smallest program that uses an installed Lamina. With the path of a .lamina file it predicts one sample of zeros.
#include <lamina/model.h>
#include <lamina/runtime.h>

#include <cstdio>
#include <vector>

namespace {

// One sample of zeros; where the model takes any size, 1.
lamina::Tensor zeros_for(const lamina::Port& port) {
  lamina::Shape shape;
  for (const std::int64_t size : port.shape) shape.push_back(size < 0 ? 1 : size);
  return lamina::Tensor::zeros(port.dtype, shape);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::printf("Lamina %s, level %s, %d threads\n", lamina::version(), lamina::isa_level(), lamina::num_threads());
    if (argc < 2) return 0;
    const lamina::Model model = lamina::Model::load(argv[1]);
    std::vector<lamina::Tensor> inputs;
    for (const lamina::Port& port : model.inputs()) inputs.push_back(zeros_for(port));
    for (const lamina::Tensor& output : model.predict(inputs)) {
      std::printf("%s %s\n", lamina::name_of(output.dtype()), lamina::to_string(output.shape()).c_str());
    }
  } catch (const lamina::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
