// Loads a model that Python saved and predicts the test images it wrote beside it.
//   predict digits.lamina digits_test.safetensors
#include <lamina/io.h>
#include <lamina/model.h>

#include <cstdint>
#include <cstdio>
#include <cstring>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s MODEL.lamina TEST.safetensors   (both are written by: lamina demo)\n", argv[0]);
    return 2;
  }
  try {
    const lamina::Model model = lamina::Model::load(argv[1]);
    lamina::Tensor images, labels, expected;
    for (const auto& [name, tensor] : lamina::read_tensors(argv[2])) {
      if (name == "images") images = tensor;
      if (name == "labels") labels = tensor;
      if (name == "predictions") expected = tensor;
    }
    if (!images || !labels || !expected) {
      std::fprintf(stderr, "%s lacks images, labels or predictions\n", argv[2]);
      return 1;
    }
    const lamina::Tensor predicted = model.predict(images);

    const std::int64_t classes = predicted.dim(1);
    std::int64_t correct = 0;
    for (std::int64_t i = 0; i < predicted.dim(0); ++i) {
      const float* row = predicted.data<float>() + i * classes;
      std::int64_t best = 0;
      for (std::int64_t c = 1; c < classes; ++c)
        if (row[c] > row[best]) best = c;
      correct += best == labels.data<std::int64_t>()[i];
    }
    const bool same =
        predicted.bytes() == expected.bytes() && std::memcmp(predicted.data(), expected.data(), expected.bytes()) == 0;
    std::printf(
        "accuracy %.4f on %lld images; %s\n", static_cast<double>(correct) / static_cast<double>(predicted.dim(0)),
        static_cast<long long>(predicted.dim(0)), same ? "the same bits as Python" : "NOT the same bits as Python");
    return same ? 0 : 1;
  } catch (const lamina::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
