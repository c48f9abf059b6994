// Gives raw texts to a model that Python saved: the file holds the vocabulary, and all from text to class runs here.
//   classify docstrings.lamina "Return the square root of x." "Delete a file."
// Such a file is written by python/examples/classify_text.py; any model of one text and one output will do.
#include <lamina/model.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s MODEL.lamina TEXT...   (UTF-8)\n", argv[0]);
    return 2;
  }
  try {
    const lamina::Model model = lamina::Model::load(argv[1]);
    const std::vector<std::string> texts(argv + 2, argv + argc);
    const auto count = static_cast<std::int64_t>(texts.size());
    const lamina::Tensor probabilities = model.predict(lamina::Tensor::of_texts({count}, texts));

    const std::int64_t classes = probabilities.dim(1);
    for (std::int64_t i = 0; i < count; ++i) {
      const float* row = probabilities.data<float>() + i * classes;
      std::int64_t best = 0;
      for (std::int64_t c = 1; c < classes; ++c)
        if (row[c] > row[best]) best = c;
      std::printf("%lld %.9g: %s\n", static_cast<long long>(best), static_cast<double>(row[best]), argv[2 + i]);
    }
    return 0;
  } catch (const lamina::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
