// Goes on training a model that Python saved, and saves it again.
//   train digits.lamina digits_train.safetensors digits_more.lamina [epochs]
#include <lamina/io.h>
#include <lamina/model.h>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::fprintf(stderr, "usage: %s MODEL.lamina TRAIN.safetensors OUT.lamina [EPOCHS]\n", argv[0]);
    return 2;
  }
  try {
    lamina::Model model = lamina::Model::load(argv[1]);
    lamina::Tensor images, labels;
    for (const auto& [name, tensor] : lamina::read_tensors(argv[2])) {
      if (name == "images") images = tensor;
      if (name == "labels") labels = tensor;
    }
    if (!images || !labels) {
      std::fprintf(stderr, "%s lacks images or labels\n", argv[2]);
      return 1;
    }
    lamina::FitOptions options;
    options.epochs = argc == 5 ? std::atoi(argv[4]) : 1;
    options.on_epoch_end = [](int epoch, const lamina::Logs& logs) {
      std::printf("epoch %d:", epoch + 1);
      for (const auto& [name, value] : logs) std::printf(" %s %.4f", name.c_str(), value);
      std::printf("\n");
      return true;
    };
    model.fit({images}, {labels}, options);
    model.save(argv[3]);
    std::printf("saved %s\n", argv[3]);
    return 0;
  } catch (const lamina::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
