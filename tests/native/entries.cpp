// Runs every entry of a file: entries MODEL.lamina INPUTS.safetensors OUTPUTS.safetensors. Entry "f" takes the tensors
// "f/x0", "f/x1", ... and gives "f/y0", "f/y1", ...
#include <lamina/io.h>
#include <lamina/model.h>

#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <vector>

int main(int, char** argv) try {
  lamina::Model model = lamina::Model::load(argv[1]);
  std::map<std::string, lamina::Tensor> given;
  for (const auto& [name, tensor] : lamina::read_tensors(argv[2])) given.emplace(name, tensor);
  lamina::NamedTensors results;
  for (const std::string& entry : model.entries()) {
    std::vector<lamina::Tensor> inputs;
    for (auto at = given.find(entry + "/x0"); at != given.end();
         at = given.find(entry + "/x" + std::to_string(inputs.size())))
      inputs.push_back(at->second);
    const std::vector<lamina::Tensor> outputs = model.run(entry, inputs);
    for (std::size_t i = 0; i < outputs.size(); ++i) results.emplace_back(entry + "/y" + std::to_string(i), outputs[i]);
  }
  lamina::write_tensors(argv[3], results);
  return 0;
} catch (const std::exception& error) {
  std::printf("%s\n", error.what());
  return 1;
}
