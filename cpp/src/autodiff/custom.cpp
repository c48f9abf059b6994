#include "autodiff/custom.h"

#include <algorithm>
#include <cstring>

#include "autodiff/rules.h"
#include "lamina/error.h"
#include "ops/functions.h"

namespace lamina {

namespace {

// The first inputs, unchanged; the rest of the inputs are what gradients flow to.
class CustomGradient final : public OpWithGradient {
 public:
  CustomGradient(std::size_t outputs, std::function<Values(const Values&)> pull)
      : outputs_(outputs), pull_(std::move(pull)) {}

  const char* name() const override { return "custom_gradient"; }
  Attributes attributes() const override { return {}; }
  bool sized() const override { return true; }
  OpPtr bind(const Bindings&) const override { return std::make_shared<CustomGradient>(outputs_, pull_); }
  Specs infer(const Specs& inputs) const override {
    return Specs(inputs.begin(), inputs.begin() + static_cast<std::ptrdiff_t>(outputs_));
  }
  void run(const Run& r) const override {
    for (std::size_t i = 0; i < outputs_; ++i)
      std::memcpy(r.outputs[i].data, r.inputs[i].data,
                  static_cast<std::size_t>(r.inputs[i].shape.size()) * size_of(r.inputs[i].dtype));
  }
  std::size_t scratch(const Run&) const override { return 0; }
  bool alias() const override { return false; }
  unsigned reuses(int) const override { return 0; }

  Values vjp(const Vjp& v) const override {
    Values given;
    for (std::size_t i = 0; i < outputs_; ++i)
      given.push_back(v.gradients[i] ? v.gradients[i] : ops::zeros_like(v.outputs[i]));
    Values found = pull_(given);
    const std::size_t inputs = v.inputs.size() - outputs_;
    if (found.size() != inputs)
      fail(ErrorKind::value, "custom_gradient: the gradient function gives the wrong number of gradients",
           std::to_string(inputs) + ", one per argument", std::to_string(found.size()),
           "Return a gradient, or None, for each argument.");
    found.insert(found.begin(), outputs_, Value());
    return found;
  }

 private:
  std::size_t outputs_;
  std::function<Values(const Values&)> pull_;
};

}  // namespace

Values with_gradient(const Values& outputs, const Values& inputs, std::function<Values(const Values&)> pull) {
  Values all = outputs;
  all.insert(all.end(), inputs.begin(), inputs.end());
  return lamina::apply(std::make_shared<CustomGradient>(outputs.size(), std::move(pull)), all);
}

Value without_gradient(Value value) {
  while (value.node() && dynamic_cast<const CustomGradient*>(value.node()->op.get()) != nullptr)
    value = Value(value.node()->inputs[static_cast<std::size_t>(value.index())]);
  return value;
}

}  // namespace lamina
