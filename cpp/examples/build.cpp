// Builds a network in C++ and trains it on data that it makes itself, without any file: two spirals, one in the other,
// which no straight line tells apart.
//   build spirals.lamina [epochs]
// What it saves predicts and trains on in Python too: lamina.saving.load_model("spirals.lamina").
#include <lamina/graph.h>
#include <lamina/runtime.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using lamina::DType;
using lamina::Symbol;
using lamina::Tensor;

struct Data {
  Tensor points, spirals;  // float32 (count, 2), int64 (count,)
};

// Points along two spirals, `offset` apart from those of another call.
Data make_data(std::int64_t count, double offset) {
  Data data{Tensor(DType::float32, {count, 2}), Tensor(DType::int64, {count})};
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t spiral = i % 2;
    const double along = (static_cast<double>(i) + offset) / static_cast<double>(count);
    const double angle = 9.0 * along + 3.14159265358979 * static_cast<double>(spiral);
    data.points.data<float>()[2 * i] = static_cast<float>((0.1 + along) * std::cos(angle));
    data.points.data<float>()[2 * i + 1] = static_cast<float>((0.1 + along) * std::sin(angle));
    data.spirals.data<std::int64_t>()[i] = spiral;
  }
  return data;
}

// x . kernel + bias, through an activation.
Symbol dense(lamina::GraphBuilder& graph, const Symbol& x, std::int64_t units, const std::string& name,
             const std::string& activation) {
  const Symbol kernel =
      graph.variable(name + "/kernel", lamina::initial_value("he_normal", {x.size(-1).value(), units}));
  const Symbol bias = graph.variable(name + "/bias", lamina::initial_value("zeros", {units}));
  return lamina::linear(x, kernel, bias, activation);
}

lamina::Model make_model() {
  lamina::GraphBuilder graph;
  const Symbol point = graph.input("point", {-1, 2});
  const Symbol spiral = graph.input("spiral", {-1}, DType::int64);
  Symbol h = dense(graph, point, 32, "hidden_1", "relu");
  h = dense(graph, h, 32, "hidden_2", "relu");
  const Symbol logits = dense(graph, h, 2, "scores", "linear");

  lamina::Training training;
  training.labels = {spiral};
  training.loss = lamina::op("sparse_crossentropy", {logits, spiral});
  training.metrics = {{"accuracy", lamina::op("equal", {lamina::op("argmax", {logits}, {{"axis", -1}}), spiral})}};
  training.optimizer = {"adam", 0.01};
  return graph.compile({{"probabilities", lamina::softmax(logits)}}, training);
}

void print(const char* what, int number, const lamina::Logs& logs) {
  std::printf("%s %3d:", what, number);
  for (const auto& [name, value] : logs) std::printf(" %s %.4f", name.c_str(), value);
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "usage: %s OUT.lamina [EPOCHS]\n", argv[0]);
    return 2;
  }
  try {
    lamina::set_seed(1);
    lamina::Model model = make_model();
    const Data train = make_data(1000, 0), test = make_data(200, 0.37);
    lamina::FitOptions options;
    options.epochs = argc == 3 ? std::atoi(argv[2]) : 40;
    options.on_epoch_end = [](int epoch, const lamina::Logs& logs) {
      if ((epoch + 1) % 5 == 0) print("epoch", epoch + 1, logs);
      return true;
    };
    model.fit({train.points}, {train.spirals}, options);
    print("test", 1, model.evaluate({test.points}, {test.spirals}));
    model.save(argv[1]);

    const lamina::Model again = lamina::Model::load(argv[1]);
    const float p = again.predict(test.points.rows(0, 1)).data<float>()[1];
    std::printf("saved %s; the first test point is of the second spiral with probability %.4f\n", argv[1],
                static_cast<double>(p));
    return 0;
  } catch (const lamina::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
