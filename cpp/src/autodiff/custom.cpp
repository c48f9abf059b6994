#include "autodiff/custom.h"

#include <algorithm>
#include <cstring>

#include "autodiff/rules.h"
#include "lamina/error.h"

namespace lamina {

namespace {

// The first inputs, unchanged; the rest of the inputs are what gradients flow to.
class CustomGradient final : public OpWithGradient {
 public:
  CustomGradient(std::size_t outputs, Pull pull) : outputs_(outputs), pull_(std::move(pull)) {}

  const char* name() const override { return "custom_gradient"; }
  Attributes attributes() const override { return {}; }
  bool sized() const override { return true; }
  OpPtr bind(const Bindings&) const override { return std::make_shared<CustomGradient>(outputs_, pull_); }
  Specs infer(const Specs& inputs) const override {
    return Specs(inputs.begin(), inputs.begin() + static_cast<std::ptrdiff_t>(outputs_));
  }
  void run(const Run& r) const override {
    for (std::size_t i = 0; i < outputs_; ++i) std::memcpy(r.outputs[i].data, r.inputs[i].data, r.inputs[i].bytes());
  }
  std::size_t scratch(const Run&) const override { return 0; }
  bool alias() const override { return false; }
  unsigned reuses(int) const override { return 0; }

  Values vjp(const Vjp& v) const override {
    const auto count = static_cast<std::ptrdiff_t>(outputs_);
    const Values inputs(v.inputs.begin() + count, v.inputs.end());
    const std::vector<bool> needed(v.needed.begin() + count, v.needed.end());
    Values found = pull_(Vjp{inputs, v.outputs, v.gradients, needed});
    if (found.size() != inputs.size())
      fail(ErrorKind::value, "custom_gradient: the gradient function gives the wrong number of gradients",
           std::to_string(inputs.size()) + ", one per argument", std::to_string(found.size()),
           "Return a gradient, or None, for each argument.");
    found.insert(found.begin(), outputs_, Value());
    return found;
  }

 private:
  std::size_t outputs_;
  Pull pull_;
};

}  // namespace

Values with_gradient(const Values& outputs, const Values& inputs, Pull pull) {
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
