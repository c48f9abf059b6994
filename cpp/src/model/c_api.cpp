#include <exception>

#include "core/dim.h"
#include "lamina/lamina.h"
#include "lamina/model.h"
#include "lamina/runtime.h"

using lamina::DType;
using lamina::ErrorKind;
using lamina::Model;
using lamina::Port;
using lamina::Tensor;

struct lamina_model {
  Model model;
  std::vector<Port> inputs = model.inputs(), outputs = model.outputs();
};

namespace {

static_assert(static_cast<int>(DType::bfloat16) == LAMINA_BFLOAT16 && static_cast<int>(DType::string) == LAMINA_STRING,
              "the numbers of dtypes are those of the C interface");
static_assert(sizeof(lamina_text) == sizeof(lamina::Text), "texts are those of the C interface");

thread_local std::string last_error;

// 0, or what went wrong as a number above it.
template <class F>
int guarded(const F& f) {
  try {
    f();
    return 0;
  } catch (const lamina::Error& error) {
    last_error = error.what();
    return 1 + static_cast<int>(error.kind());
  } catch (const std::exception& error) {
    last_error = error.what();
    return -1;
  }
}

void require(bool right, const char* what, const char* expected, const std::string& received) {
  if (!right) lamina::fail(ErrorKind::value, what, expected, received, "Check the arguments.");
}

Tensor tensor_of(const lamina_tensor& t) {
  const bool known = (t.dtype >= 0 && t.dtype <= LAMINA_BFLOAT16) || t.dtype == LAMINA_STRING;
  if (!known) require(false, "A tensor has an unknown dtype", "one of the LAMINA_ numbers", std::to_string(t.dtype));
  if (t.rank < 0 || t.rank > lamina::Shape::max_rank)
    require(false, "A tensor has a wrong rank", "0 to 8", std::to_string(t.rank));
  const lamina::Shape shape(t.shape, t.shape + t.rank);
  lamina::check_size(shape);
  if (t.data == nullptr && shape.size() != 0)
    require(false, "A tensor has no data", "a pointer to its elements", "NULL");
  return Tensor(static_cast<DType>(t.dtype), shape, t.data, nullptr);
}

// Into a list whose memory may be there already.
void set_tensors(const lamina_tensor* tensors, int count, std::vector<Tensor>& result) {
  if (count != 0 && (count < 0 || tensors == nullptr))
    require(false, "There are no tensors", "an array and its length",
            std::to_string(count) + (tensors == nullptr ? " and NULL" : ""));
  result.clear();
  for (int i = 0; i < count; ++i) result.push_back(tensor_of(tensors[i]));
}

std::vector<Tensor> tensors_of(const lamina_tensor* tensors, int count) {
  std::vector<Tensor> result;
  set_tensors(tensors, count, result);
  return result;
}

template <class M>
M& checked(M* model) {
  require(model != nullptr, "There is no model", "what lamina_load gave", "NULL");
  return *model;
}

int port_of(const lamina_model* model, bool is_input, int index, const char** name, lamina_tensor* port) {
  return guarded([&] {
    const auto& ports = is_input ? checked(model).inputs : checked(model).outputs;
    require(index >= 0 && index < static_cast<int>(ports.size()), "There is no such input or output",
            "a number below theirs", std::to_string(index));
    const Port& found = ports[static_cast<std::size_t>(index)];
    if (name != nullptr) *name = found.name.c_str();
    if (port == nullptr) return;
    *port = {
        static_cast<std::int32_t>(found.dtype), static_cast<std::int32_t>(found.shape.size()), {}, nullptr, nullptr};
    for (std::size_t i = 0; i < found.shape.size(); ++i) port->shape[i] = found.shape[i];
  });
}

double loss_of(const lamina::Logs& logs) { return logs.empty() ? 0.0 : logs[0].second; }

}  // namespace

extern "C" {

const char* lamina_version(void) { return lamina::version(); }
const char* lamina_last_error(void) { return last_error.c_str(); }

int lamina_set_num_threads(int count) {
  return guarded([&] { lamina::set_num_threads(count); });
}

int lamina_num_threads(void) { return lamina::num_threads(); }

const char* lamina_isa_level(void) {
  const char* level = "";
  guarded([&] { level = lamina::isa_level(); });
  return level;
}

void lamina_set_seed(int64_t seed) { lamina::set_seed(seed); }

int lamina_set_log(const char* topics, lamina_log_function function, void* context) {
  return guarded([&] {
    lamina::set_log_topics(topics == nullptr ? "" : topics);
    lamina::LogFunction call;
    if (function != nullptr)
      call = [=](const std::string& topic, const std::string& line) { function(context, topic.c_str(), line.c_str()); };
    lamina::set_log(std::move(call));
  });
}

lamina_model* lamina_load(const char* path) {
  lamina_model* model = nullptr;
  guarded([&] {
    require(path != nullptr, "There is no path", "the path of a .lamina file", "NULL");
    model = new lamina_model{Model::load(path)};
  });
  return model;
}

lamina_model* lamina_load_memory(const void* bytes, size_t size) {
  lamina_model* model = nullptr;
  guarded([&] {
    require(bytes != nullptr, "There are no bytes", "the contents of a .lamina file", "NULL");
    model = new lamina_model{Model::load(bytes, size)};
  });
  return model;
}

void lamina_free(lamina_model* model) { delete model; }

int lamina_save(const lamina_model* model, const char* path) {
  return guarded([&] {
    require(path != nullptr, "There is no path", "the path of a .lamina file", "NULL");
    checked(model).model.save(path);
  });
}

int lamina_num_inputs(const lamina_model* model) {
  return model == nullptr ? 0 : static_cast<int>(model->inputs.size());
}
int lamina_num_outputs(const lamina_model* model) {
  return model == nullptr ? 0 : static_cast<int>(model->outputs.size());
}

int lamina_input(const lamina_model* model, int index, const char** name, lamina_tensor* port) {
  return port_of(model, true, index, name, port);
}

int lamina_output(const lamina_model* model, int index, const char** name, lamina_tensor* port) {
  return port_of(model, false, index, name, port);
}

int lamina_predict(const lamina_model* model, const lamina_tensor* inputs, int num_inputs, int64_t batch_size,
                   lamina_tensor* outputs, int num_outputs) {
  return guarded([&] {
    require(outputs != nullptr && num_outputs == lamina_num_outputs(&checked(model)),
            "There is no room for the outputs", std::to_string(lamina_num_outputs(model)).c_str(),
            std::to_string(num_outputs) + (outputs == nullptr ? " and NULL" : ""));
    std::vector<Tensor> found = model->model.predict(tensors_of(inputs, num_inputs), batch_size);
    std::vector<std::unique_ptr<Tensor>> owned;
    for (Tensor& t : found) owned.push_back(std::make_unique<Tensor>(std::move(t)));
    for (std::size_t i = 0; i < owned.size(); ++i) {
      Tensor& t = *owned[i];
      outputs[i] = {static_cast<std::int32_t>(t.dtype()), t.rank(), {}, t.data(), nullptr};
      for (int a = 0; a < t.rank(); ++a) outputs[i].shape[a] = t.dim(a);
      outputs[i].owner = owned[i].release();
    }
  });
}

void lamina_release(lamina_tensor* outputs, int count) {
  for (int i = 0; outputs != nullptr && i < count; ++i) {
    delete static_cast<Tensor*>(outputs[i].owner);
    outputs[i].owner = outputs[i].data = nullptr;
  }
}

int lamina_predict_into(const lamina_model* model, const lamina_tensor* inputs, int num_inputs, int64_t batch_size,
                        const lamina_tensor* outputs, int num_outputs) {
  thread_local std::vector<Tensor> in, out;  // lists that keep their memory
  const int failed = guarded([&] {
    set_tensors(inputs, num_inputs, in);
    set_tensors(outputs, num_outputs, out);
    checked(model).model.predict_into(in, out, batch_size);
  });
  in.clear();
  out.clear();
  return failed;
}

int lamina_prepare(const lamina_model* model, const lamina_tensor* inputs, int num_inputs, int64_t batch_size,
                   int threads) {
  return guarded([&] { checked(model).model.prepare(tensors_of(inputs, num_inputs), batch_size, threads); });
}

int lamina_fit(lamina_model* model, const lamina_tensor* inputs, int num_inputs, const lamina_tensor* labels,
               int num_labels, int epochs, int64_t batch_size, double* loss) {
  return guarded([&] {
    lamina::FitOptions options;
    options.epochs = epochs;
    options.batch_size = batch_size;
    const auto history =
        checked(model).model.fit(tensors_of(inputs, num_inputs), tensors_of(labels, num_labels), options);
    if (loss != nullptr && !history.empty()) *loss = loss_of(history.back());
  });
}

int lamina_evaluate(lamina_model* model, const lamina_tensor* inputs, int num_inputs, const lamina_tensor* labels,
                    int num_labels, int64_t batch_size, double* loss) {
  return guarded([&] {
    const lamina::Logs logs =
        checked(model).model.evaluate(tensors_of(inputs, num_inputs), tensors_of(labels, num_labels), batch_size);
    if (loss != nullptr) *loss = loss_of(logs);
  });
}

}  // extern "C"
