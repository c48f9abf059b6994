// A compiled model as Python would save it: convolution, pooling, dropout, dense, cross-entropy, momentum, one metric.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "program/program.h"
#include "support.h"

namespace lamina::support {

struct TinyModel {
  std::int64_t size = 6, filters = 4, classes = 3;
  double dropout = 0.25;
  bool compiled = true;
};

class TinyModelBuilder {
 public:
  explicit TinyModelBuilder(const TinyModel& model) : model_(model) {
    const std::int64_t flat = model.size / 2 * (model.size / 2) * model.filters;
    kernel_ = add("conv/kernel", random<float>({3, 3, 1, model.filters}, 1, -0.5, 0.5), true);
    conv_bias_ = add("conv/bias", Tensor::zeros(DType::float32, {model.filters}), true);
    weights_ = add("dense/kernel", random<float>({flat, model.classes}, 2, -0.2, 0.2), true);
    bias_ = add("dense/bias", Tensor::zeros(DType::float32, {model.classes}), true);
    state_ = add("dropout/state", Tensor::of<std::int64_t>({2}, {1234, 0}), false);
  }

  std::shared_ptr<Program> build() {
    add_entry("predict", [&] {
      outputs_ = {{"probabilities", op("softmax", {logits(false)})}};
      inputs_.pop_back();  // no labels
    });
    if (model_.compiled) compile();
    return program_;
  }

 private:
  VariablePtr add(const std::string& name, const Tensor& initial, bool trainable) {
    auto variable = std::make_shared<Variable>(initial, name, trainable);
    program_->add_variable(variable);
    return variable;
  }

  template <class F>
  void add_entry(const std::string& name, F&& body) {
    x_ = Value::placeholder({DType::float32, {Dim::symbol("batch"), model_.size, model_.size, 1}}, "image");
    y_ = Value::placeholder({DType::int64, {Dim::symbol("batch")}}, "label");
    inputs_ = {{"image", x_}, {"label", y_}};
    outputs_.clear();
    Trace trace;
    trace.open();
    body();
    trace.close();
    program_->add_entry(name, inputs_, outputs_, trace);
  }

  Value logits(bool training) {
    Value h = op("conv", {x_, kernel_->read()}, {{"padding", std::string("same")}});
    h = op("relu", {ops::add(h, conv_bias_->read())});
    h = op("max_pool", {h}, {{"window", Ints{2, 2}}});
    h = ops::reshape(h, {x_.dim(0), weights_->shape()[0]});
    if (training) {
      const Value state = state_->read();
      h = op("dropout", {h, state}, {{"rate", model_.dropout}});
      state_->assign(ops::add(state, Value(Tensor::of<std::int64_t>({2}, {0, 1}))));
    }
    return ops::add(ops::matmul(h, weights_->read(), false, false), bias_->read());
  }

  Value loss(bool training) {
    const Value per_sample = op("sparse_crossentropy", {logits(training), y_});
    const Value n = ops::dim_value(x_.dim(0), DType::float32);
    const Value mean = op("mean", {per_sample}, {{"axes", Ints{0}}});
    loss_sum_->assign(ops::add(loss_sum_->read(), ops::multiply(mean, n)));
    count_->assign(ops::add(count_->read(), n));
    return mean;
  }

  void compile() {
    std::vector<VariablePtr> trainable = {kernel_, conv_bias_, weights_, bias_}, momenta;
    for (const VariablePtr& v : trainable)
      momenta.push_back(add("optimizer/" + v->name, Tensor::zeros(v->dtype(), v->shape()), false));
    const VariablePtr rate = add("optimizer/learning_rate", Tensor::scalar(0.05f), false);
    const VariablePtr iterations = add("optimizer/iterations", Tensor::scalar<std::int64_t>(0), false);
    loss_sum_ = add("metrics/loss_sum", Tensor::scalar(0.f), false);
    count_ = add("metrics/count", Tensor::scalar(0.f), false);
    add("sampler/seed", Tensor::scalar<std::int64_t>(42), false);
    add("sampler/epoch", Tensor::scalar<std::int64_t>(0), false);
    add_entry("train_step", [&] {
      const Value value = loss(true);
      Values leaves;
      for (const VariablePtr& v : trainable) leaves.push_back(v->leaf());
      const Values gradients = gradient({value}, leaves);
      for (std::size_t i = 0; i < trainable.size(); ++i) {
        const Values updated = all("sgd_update", {{"momentum", 0.9}},
                                   {trainable[i]->read(), gradients[i], rate->read(), momenta[i]->read()});
        trainable[i]->assign(updated[0]);
        momenta[i]->assign(updated[1]);
      }
      iterations->assign(ops::add(iterations->read(), Value(Tensor::scalar<std::int64_t>(1))));
      outputs_ = {{"loss", value}};
    });
    add_entry("evaluate_step", [&] { outputs_ = {{"loss", loss(false)}}; });
    add_entry("results", [&] {
      inputs_.clear();
      outputs_ = {{"loss", ops::divide(loss_sum_->read(), count_->read())}};
    });
    add_entry("reset_metrics", [&] {
      inputs_.clear();
      for (const VariablePtr& v : {loss_sum_, count_}) v->assign(ops::fill({}, 0, DType::float32));
    });
  }

  TinyModel model_;
  std::shared_ptr<Program> program_ = std::make_shared<Program>();
  VariablePtr kernel_, conv_bias_, weights_, bias_, state_, loss_sum_, count_;
  Value x_, y_;
  NamedValues inputs_, outputs_;
};

inline std::shared_ptr<Program> tiny_model(const TinyModel& model = {}) { return TinyModelBuilder(model).build(); }

// Images whose class is the brightest third, so that there is something to learn.
struct TinyData {
  Tensor x, y;
};

inline TinyData tiny_data(std::int64_t rows, const TinyModel& model = {}) {
  TinyData data{random<float>({rows, model.size, model.size, 1}, 11), Tensor(DType::int64, {rows})};
  const std::int64_t pixels = model.size * model.size;
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::int64_t label = i * 7 % model.classes;
    data.y.data<std::int64_t>()[i] = label;
    for (std::int64_t p = label * pixels / model.classes; p < (label + 1) * pixels / model.classes; ++p)
      data.x.data<float>()[i * pixels + p] += 1.5f;
  }
  return data;
}

inline std::vector<Tensor> values_of(const Program& program) {
  std::vector<Tensor> values;
  for (const VariablePtr& v : program.variables()) values.push_back(v->tensor().copy());
  return values;
}

}  // namespace lamina::support
