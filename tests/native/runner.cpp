// Runs models that Python saved: runner FOLDER NAME... reads FOLDER/NAME.lamina and FOLDER/NAME.safetensors (tensors
// x0, x1, ... and y), predicts into FOLDER/NAME.predicted, trains one more epoch and saves FOLDER/NAME.trained (with a
// y). A failure is printed as "NAME: message"; the others still run.
#include <lamina/io.h>
#include <lamina/model.h>
#include <lamina/runtime.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "texts.h"

namespace {

void run(const std::string& base) {
  lamina::Model model = lamina::Model::load(base + ".lamina");
  std::vector<lamina::Tensor> x, y;
  for (const auto& [name, tensor] : with_texts(lamina::read_tensors(base + ".safetensors")))
    (name[0] == 'x' ? x : y).push_back(tensor);
  lamina::NamedTensors predicted;
  for (const lamina::Tensor& output : model.predict(x, 2))
    put(predicted, "output" + std::to_string(predicted.size()), output);
  lamina::write_tensors(base + ".predicted", predicted);
  if (y.empty()) return;

  lamina::FitOptions options;
  options.batch_size = 2;
  const auto logs = model.fit(x, y, options);
  std::printf("%s loss %.9g\n", base.c_str(), logs[0][0].second);
  model.save(base + ".trained");
}

}  // namespace

int main(int argc, char** argv) {
  int failed = 0;
  for (int i = 2; i < argc; ++i) try {
      run(std::string(argv[1]) + "/" + argv[i]);
    } catch (const std::exception& error) {
      std::printf("%s: %s\n", argv[i], error.what());
      ++failed;
    }
  return failed == 0 ? 0 : 1;
}
