// The entries that lamina::Model runs, for a network that was built in C++ (their list is in io/README.md).
#include <algorithm>
#include <cmath>

#include "autodiff/gradient.h"
#include "core/spelling.h"
#include "lamina/runtime.h"
#include "model/builder.h"
#include "model/state.h"
#include "ops/functions.h"

namespace lamina {

namespace {

// ---- Optimizers

double number_of(const Attributes& attributes, const char* name) {
  for (const auto& [key, value] : attributes) {
    if (key != name) continue;
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
    if (const auto* number = std::get_if<double>(&value)) return *number;
  }
  return 0;
}

struct Rule {
  const char* name;
  bool corrected;  // the rate is that of Adam, and comes after the slots
  std::vector<std::string> (*slots)(const Attributes& attributes);
};

const Rule rules[] = {
    {"sgd", false,
     [](const Attributes& a) {
       return number_of(a, "momentum") != 0 ? std::vector<std::string>{"momentum"} : std::vector<std::string>{};
     }},
    {"adam", true,
     [](const Attributes&) {
       return std::vector<std::string>{"momentum", "velocity"};
     }},
    {"rmsprop", false,
     [](const Attributes& a) {
       std::vector<std::string> slots = {"velocity"};
       if (number_of(a, "centered") != 0) slots.emplace_back("average_gradient");
       if (number_of(a, "momentum") > 0) slots.emplace_back("momentum");
       return slots;
     }},
};

const Rule& rule_of(const std::string& name) {
  std::vector<std::string> names;
  for (const Rule& rule : rules) {
    if (name == rule.name) return rule;
    names.emplace_back(rule.name);
  }
  fail(ErrorKind::value, "There is no optimizer '" + name + "'", nearest(name, names), "'" + name + "'",
       "Use one of these, or write the updates of the variables yourself (Training::updates).");
}

// Variables that follow the gradients of the loss, those that it depends on.
class Descent {
 public:
  Descent(Assembly& assembly, const Optimizer& optimizer)
      : assembly_(assembly), optimizer_(optimizer), rule_(rule_of(optimizer.name)) {
    if (!std::isfinite(optimizer.learning_rate))
      fail(ErrorKind::value, "The learning rate is not a number", "such as 0.01",
           std::to_string(optimizer.learning_rate), "Choose another rate.");
    rate_ =
        assembly.add_variable("optimizer/learning_rate", Tensor::scalar(static_cast<float>(optimizer.learning_rate)));
    steps_ = assembly.add_variable("optimizer/iterations", Tensor::scalar<std::int64_t>(0));
  }

  Updates of(const std::vector<GraphBuilder::State::OfVariable>& variables, const Symbol& loss) {
    std::vector<const GraphBuilder::State::OfVariable*> followed;
    Values leaves;
    for (const auto& v : variables)
      if (v.trainable) {
        followed.push_back(&v);
        leaves.push_back(v.leaf.value());
      }
    const Values found = gradient({loss.value()}, leaves);
    Updates updates = {{steps_, steps_ + 1}};
    for (std::size_t i = 0; i < found.size(); ++i)
      if (found[i]) follow(*followed[i], Symbol(found[i]), updates);
    return updates;
  }

 private:
  void follow(const GraphBuilder::State::OfVariable& variable, const Symbol& slope, Updates& updates) {
    const std::string name = std::string(rule_.name) + "_update";
    Symbols inputs = {variable.leaf, slope}, written = {variable.leaf}, slots;
    for (const std::string& slot : rule_.slots(attributes_of(name)))
      slots.push_back(
          assembly_.add_variable("optimizer/" + slot + "/" + variable.name,
                                 initial_value("zeros", variable.initial.shape(), 0, variable.leaf.dtype())));
    const Symbol rate = cast(rule_.corrected ? corrected(name) : rate_, variable.leaf.dtype());
    if (!rule_.corrected) inputs.push_back(rate);
    inputs.insert(inputs.end(), slots.begin(), slots.end());
    if (rule_.corrected) inputs.push_back(rate);
    written.insert(written.end(), slots.begin(), slots.end());
    const Symbols values = apply(name, inputs, optimizer_.attributes);
    for (std::size_t i = 0; i < written.size(); ++i) updates.emplace_back(written[i], values[i]);
  }

  // With defaults, as Adam's betas.
  Attributes attributes_of(const std::string& name) const {
    Attributes given;
    for (const auto& [key, attribute] : optimizer_.attributes)
      if (const auto* number = std::get_if<double>(&attribute.value()))
        given.emplace_back(key, *number);
      else if (const auto* flag = std::get_if<bool>(&attribute.value()))
        given.emplace_back(key, *flag);
    return make_op(name, given)->attributes();
  }

  // rate sqrt(1 - beta_2^t) / (1 - beta_1^t); in float64, because these are small differences in the first steps.
  Symbol corrected(const std::string& name) {
    if (alpha_) return alpha_;
    const Attributes attributes = attributes_of(name);
    const Symbol t = cast(steps_, DType::float64) + 1;
    const auto bias = [&](const char* beta) {
      return 1 - op("power", {Symbol(ops::like(t.value(), number_of(attributes, beta))), t});
    };
    return alpha_ = rate_ * cast(op("sqrt", {bias("beta_2")}) / bias("beta_1"), DType::float32);
  }

  Assembly& assembly_;
  const Optimizer& optimizer_;
  const Rule& rule_;
  Symbol rate_, steps_, alpha_;
};

// ---- What is reported

// Means over the samples of an epoch, as totals and counts.
class Means {
 public:
  explicit Means(Assembly& assembly) : assembly_(assembly) {}

  // `count` is the number of samples that `value` is the mean of.
  void add(const std::string& name, const Symbol& value, const Symbol& count, Updates& updates) {
    auto found = std::find_if(all_.begin(), all_.end(), [&](const auto& mean) { return mean.name == name; });
    if (found == all_.end()) {
      const auto state = [&](const char* what) {
        return assembly_.add_variable("metrics/" + name + "/" + what, Tensor::scalar(0.0F));
      };
      all_.push_back({name, state("total"), state("count")});
      found = all_.end() - 1;
    }
    updates.emplace_back(found->total, found->total + cast(value, DType::float32) * count);
    updates.emplace_back(found->count, found->count + count);
  }

  void report() {
    Entry results{"results", {}, {}, {}}, reset{"reset_metrics", {}, {}, {}};
    const Symbol zero = constant(Tensor::scalar(0.0F));
    for (const Mean& mean : all_) {
      const Symbol none = op("equal", {mean.count, zero});
      const Symbol count = op("where", {none, constant(Tensor::scalar(1.0F)), mean.count});
      results.outputs.emplace_back(mean.name, op("where", {none, zero, mean.total / count}));
      reset.updates.emplace_back(mean.total, zero);
      reset.updates.emplace_back(mean.count, zero);
    }
    assembly_.add(results);
    assembly_.add(reset);
  }

 private:
  struct Mean {
    std::string name;
    Symbol total, count;
  };
  Assembly& assembly_;
  std::vector<Mean> all_;
};

Symbol mean_of(const Symbol& x) { return mean(is_floating(x.dtype()) ? x : cast(x, DType::float32)); }

void add_training(Assembly& assembly, const GraphBuilder::State& state, const Training& training, const Symbols& x) {
  if (!training.loss || !is_floating(training.loss.dtype()))
    fail(ErrorKind::value, "The network cannot be trained", "a floating loss",
         training.loss ? to_string(training.loss.value().spec()) : "none", "Set Training::loss.");
  Symbols inputs = x;
  inputs.insert(inputs.end(), training.labels.begin(), training.labels.end());
  if (inputs.empty() || inputs[0].rank() == 0)
    fail(ErrorKind::value, "The network cannot be trained", "an input with one row per sample",
         inputs.empty() ? "no input" : "a scalar", "Add inputs.");
  const Symbol count(ops::dim_value(inputs[0].size(0).dim(), DType::float32));
  Means means(assembly);
  const auto measured = [&](const Symbol& loss, const NamedSymbols& metrics) {
    Updates updates;
    means.add("loss", mean_of(loss), count, updates);
    for (const auto& [name, metric] : metrics) means.add(name, mean_of(metric), count, updates);
    return updates;
  };
  Entry step{"train_step", inputs, {}, measured(training.loss, training.metrics)};
  const Updates descent = Descent(assembly, training.optimizer).of(state.variables, mean_of(training.loss));
  step.updates.insert(step.updates.end(), descent.begin(), descent.end());
  step.updates.insert(step.updates.end(), training.updates.begin(), training.updates.end());
  assembly.add(step);
  assembly.add({"evaluate_step",
                inputs,
                {},
                measured(training.evaluation_loss ? training.evaluation_loss : training.loss,
                         training.evaluation_metrics.empty() ? training.metrics : training.evaluation_metrics)});
  means.report();
  assembly.add_variable("sampler/seed", Tensor::scalar<std::int64_t>(next_seed()));
  assembly.add_variable("sampler/epoch", Tensor::scalar<std::int64_t>(0));
}

// Two samples to verify files with: pseudo-random numbers, zeros where they may be indices. Sizes that the model leaves
// open are tried. None for a model that takes none of these.
std::vector<Tensor> golden_inputs(Program& program) {
  const Graph& graph = program.graph("predict");
  for (const std::int64_t size : {4, 16, 64}) {
    std::vector<Tensor> inputs;
    for (const Graph::Named& input : graph.inputs) {
      const Spec& spec = graph.values[static_cast<std::size_t>(input.value)];
      Shape shape;
      for (const Dim& d : spec.dims) shape.push_back(d.value_or(shape.rank() == 0 ? 2 : size));
      const auto seed = static_cast<std::int64_t>(inputs.size());
      const bool floating = spec.dtype == DType::float32 || spec.dtype == DType::float64;
      inputs.push_back(floating ? initial_value("random_normal", shape, seed, spec.dtype)
                                : Tensor::zeros(spec.dtype, shape));
    }
    try {
      program.run("predict", inputs);
      return inputs;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::value) throw;
    }
  }
  return {};
}

}  // namespace

std::unique_ptr<Model::State> assemble(const GraphBuilder::State& state, const NamedSymbols& outputs,
                                       const Training* training) {
  if (outputs.empty())
    fail(ErrorKind::value, "The model has no outputs", "at least one", "none", "Name what it predicts.");
  Assembly assembly(state);
  Symbols x;
  for (const auto& input : state.inputs) {
    const auto is_this = [&](const Symbol& s) { return ValueKey(s.value()) == ValueKey(input.symbol.value()); };
    if (training == nullptr || std::none_of(training->labels.begin(), training->labels.end(), is_this))
      x.push_back(input.symbol);
  }
  assembly.add({"predict", x, outputs, {}});
  for (const Entry& entry : state.entries) assembly.add(entry);
  if (training != nullptr) add_training(assembly, state, *training, x);
  const std::shared_ptr<Program> program = assembly.program();
  return std::make_unique<Model::State>(io::Loaded{program, {{"lamina_version", version()}}, golden_inputs(*program)});
}

}  // namespace lamina
