// Builds the network of test_graph.py in C++, with the weights that it wrote, and goes on like Python:
//   graphs OPTIMIZER DATA.safetensors OUT.lamina OUT.safetensors
// The data are the weights, x and y; what comes out are predictions before and after two epochs, and the losses.
#include <lamina/graph.h>
#include <lamina/io.h>

#include <cstdio>
#include <map>
#include <string>

namespace {

using lamina::Symbol;
using lamina::Tensor;

lamina::Model make_model(const std::map<std::string, Tensor>& data, const lamina::Optimizer& optimizer) {
  lamina::GraphBuilder graph;
  const auto weight = [&](const std::string& name) { return graph.variable(name, data.at(name)); };
  const Symbol x = graph.input("x", {-1, data.at("x").dim(1)});
  const Symbol y = graph.input("y", {-1}, lamina::DType::int64);
  const Symbol h = relu(linear(x, weight("hidden/kernel"), weight("hidden/bias")));
  const Symbol logits = linear(h, weight("scores/kernel"), weight("scores/bias"));
  lamina::Training training;
  training.labels = {y};
  training.loss = lamina::op("sparse_crossentropy", {logits, y});
  training.metrics = {{"accuracy", lamina::op("equal", {lamina::op("argmax", {logits}, {{"axis", 1}}), y})}};
  training.optimizer = optimizer;
  return graph.compile({{"scores", softmax(logits, 1)}}, training);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  try {
    std::map<std::string, Tensor> data;
    for (const auto& [name, tensor] : lamina::read_tensors(argv[2])) data[name] = tensor;
    const std::string name = argv[1];
    const lamina::Optimizer optimizer = name == "sgd"    ? lamina::Optimizer{name, 0.1, {{"momentum", 0.9}}}
                                        : name == "adam" ? lamina::Optimizer{name, 0.01}
                                                         : lamina::Optimizer{name, 0.001, {{"centered", true}}};
    lamina::Model model = make_model(data, optimizer);
    lamina::NamedTensors results = {{"before", model.predict(data.at("x"))}};
    lamina::FitOptions options;
    options.epochs = 2;
    options.batch_size = 16;
    options.shuffle = false;
    Tensor losses(lamina::DType::float64, {2, 2});
    int i = 0;
    for (const lamina::Logs& logs : model.fit({data.at("x")}, {data.at("y")}, options))
      for (const auto& [what, value] : logs) losses.data<double>()[i++] = value;
    results.emplace_back("after", model.predict(data.at("x")));
    results.emplace_back("logs", losses);
    model.save(argv[3]);
    lamina::write_tensors(argv[4], results);
    return 0;
  } catch (const lamina::Error& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
}
