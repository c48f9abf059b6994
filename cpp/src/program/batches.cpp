// Entries over the rows of arrays, batch by batch.
#include <algorithm>
#include <cstring>

#include "lamina/error.h"
#include "program/runs.h"

namespace lamina {

namespace {

// Gives texts in some rows bytes of their own, and what holds them.
Tensor own_rows(Tensor& tensor, std::int64_t begin, std::int64_t end) {
  Tensor rows = tensor.rows(begin, end);
  Tensor own = rows.copy();
  std::memcpy(rows.data(), own.data(), rows.bytes());
  return own;
}

std::int64_t count_rows(const std::vector<Tensor>& arrays) {
  std::int64_t rows = -1;
  for (const Tensor& a : arrays) {
    if (a.rank() == 0 || (rows >= 0 && a.dim(0) != rows))
      fail(ErrorKind::value, "The arrays do not have the same number of rows", std::to_string(rows) + " rows",
           "shape " + to_string(a.shape()), "Give arrays with one row per sample.");
    rows = a.dim(0);
  }
  return std::max<std::int64_t>(rows, 0);
}

// Throws Error (value) unless the outputs have one row for each of the `size` rows of a batch.
void check_mapped(const std::string& entry, const Plan& plan, std::int64_t size) {
  for (const Spec& spec : plan.outputs)
    if (spec.rank() == 0 || spec.dims[0].value() != size)
      fail(ErrorKind::value, "'" + entry + "' cannot be mapped over batches", "outputs with one row per sample",
           "shape " + to_string(spec.dims.shape()) + " for " + std::to_string(size) + " samples",
           "Run it on one batch instead.");
}

// Tensors for the outputs of all rows.
std::vector<Tensor> make_rows(const Plan& plan, std::int64_t rows) {
  std::vector<Tensor> results;
  for (const Spec& spec : plan.outputs) {
    Shape shape = spec.dims.shape();
    shape[0] = rows;
    results.emplace_back(spec.dtype, shape);
  }
  return results;
}

// Throws Error unless these are tensors for the outputs of all rows.
void check_given(const Graph& graph, const Plan& plan, const std::vector<Tensor>& given, std::int64_t rows) {
  if (given.size() != plan.outputs.size())
    fail(ErrorKind::value, "There is another number of tensors for the outputs", std::to_string(plan.outputs.size()),
         std::to_string(given.size()), "Pass one tensor per output.");
  for (std::size_t i = 0; i < given.size(); ++i) {
    const Spec& spec = plan.outputs[i];
    const std::string& name = graph.outputs[i].name;
    if (spec.dtype == DType::string)
      fail(ErrorKind::type, "Output '" + name + "' cannot be written into a tensor", "numbers",
           "texts, whose sizes only the result tells", "Call predict without tensors for the outputs.");
    bool fits = given[i] && given[i].dtype() == spec.dtype && given[i].rank() == spec.rank();
    for (int axis = 0; fits && axis < spec.rank(); ++axis)
      fits = given[i].dim(axis) == (axis == 0 ? rows : spec.dims[static_cast<std::size_t>(axis)].value());
    if (fits) continue;
    Spec expected = spec;
    expected.dims[0] = rows;
    fail(given[i].dtype() == spec.dtype ? ErrorKind::value : ErrorKind::type,
         "The tensor for output '" + name + "' does not fit", to_string(expected),
         given[i] ? std::string(name_of(given[i].dtype())) + " " + to_string(given[i].shape()) : "an empty tensor",
         "Make it of that dtype and shape.");
  }
}

// Throws Error (value) when the rows of a batch have other sizes than those before: sizes can depend on the data.
void check_rows(const std::string& entry, const Plan& plan, const std::vector<Tensor>& results) {
  for (std::size_t i = 0; i < results.size(); ++i) {
    Shape shape = plan.outputs[i].dims.shape(), before = results[i].shape();
    shape[0] = before[0];
    if (shape != before)
      fail(ErrorKind::value, "'" + entry + "' gives rows of another size for each batch", to_string(before),
           to_string(shape), "Run it batch by batch, or fix the size (output_sequence_length, say).");
  }
}

std::size_t row_bytes(const Tensor& a) {
  return static_cast<std::size_t>(a.shape().size(1, a.rank())) * size_of(a.dtype());
}

// Where the rows of the arrays from `begin` on are.
void point(const std::vector<Tensor>& arrays, std::int64_t begin, const void** to) {
  for (const Tensor& a : arrays)
    *to++ = static_cast<const char*>(a.data()) + (begin == 0 ? 0 : row_bytes(a) * static_cast<std::size_t>(begin));
}

std::vector<const void*> rows_from(const std::vector<Tensor>& arrays, std::int64_t begin) {
  std::vector<const void*> rows(arrays.size());
  point(arrays, begin, rows.data());
  return rows;
}

// Gathers rows of the arrays in the order of their numbers; memory that is large enough is used again.
void gather(const std::vector<Tensor>& arrays, const std::int64_t* order, std::int64_t count,
            std::vector<Tensor>& staging, const void** to) {
  staging.resize(arrays.size());
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    const std::size_t bytes = row_bytes(arrays[i]), needed = bytes * static_cast<std::size_t>(count);
    if (!staging[i] || staging[i].bytes() < needed)
      staging[i] = Tensor(DType::uint8, {static_cast<std::int64_t>(std::max<std::size_t>(needed, 1))});
    const char* from = static_cast<const char*>(arrays[i].data());
    char* rows = static_cast<char*>(staging[i].data());
    for (std::int64_t r = 0; r < count; ++r)
      std::memcpy(rows + bytes * static_cast<std::size_t>(r), from + bytes * static_cast<std::size_t>(order[r]), bytes);
    to[i] = rows;
  }
}

// The number of rows, of which there must be some.
std::int64_t rows_to_map(const std::vector<Tensor>& arrays, std::int64_t batch_size) {
  const std::int64_t rows = count_rows(arrays);
  if (batch_size < 1 || rows < 1)
    fail(ErrorKind::value, "There is nothing to run on", "at least one row and a batch size above 0",
         std::to_string(rows) + " rows, batch size " + std::to_string(batch_size), "Check the data.");
  return rows;
}

}  // namespace

std::vector<Tensor> Program::run_batches(const std::string& entry, const std::vector<Tensor>& arrays,
                                         std::int64_t batch_size, std::int64_t first, std::int64_t count,
                                         const Tensor* order) {
  check_inputs(entry, arrays);
  const std::int64_t rows = count_rows(arrays);
  if (batch_size < 1 || first < 0 || count < 1 || rows < 1 || first > (rows - 1) / batch_size)
    fail(ErrorKind::value, "There are no such batches", "a batch size above 0 and batches inside the data",
         "batches " + std::to_string(first) + " on, " + std::to_string(count) + " of " + std::to_string(batch_size) +
             " rows, of " + std::to_string(rows) + " rows",
         "Check the arguments.");
  if (order != nullptr && (order->dtype() != DType::int64 || order->size() != rows))
    fail(ErrorKind::value, "The order does not fit the data", "int64 row numbers, one per row",
         std::string(name_of(order->dtype())) + " " + to_string(order->shape()), "Pass a permutation of the rows.");
  const auto* row_order = order ? order->data<std::int64_t>() : nullptr;
  const std::int64_t left = (rows - 1) / batch_size + 1 - first;  // batches
  const std::int64_t end = count >= left ? rows : (first + count) * batch_size;
  for (std::int64_t i = first * batch_size; row_order != nullptr && i < end; ++i)
    if (row_order[i] < 0 || row_order[i] >= rows)
      fail(ErrorKind::index, "The order names a row that is not there", "numbers in [0, " + std::to_string(rows) + ")",
           std::to_string(row_order[i]), "Pass a permutation of the rows.");

  std::vector<Tensor> outputs, staging;
  const bool measures = measured_.count(entry) > 0;
  const auto stage = [&](std::int64_t begin, std::int64_t size, std::vector<Tensor>& rows_of_batch, const void** to) {
    if (row_order != nullptr)
      gather(arrays, row_order + begin, size, rows_of_batch, to);
    else
      point(arrays, begin, to);
  };
  Gate::Pass pass(gate_, writes(entry));
  for (std::int64_t begin = first * batch_size; begin < end;) {
    // All full batches share a workspace, unless their sizes have to be measured; a short last one has its own.
    const std::int64_t size = std::min(batch_size, rows - begin);
    const Batch batch{arrays, size};
    std::vector<const void*> in(measures ? arrays.size() : 0);
    if (measures) stage(begin, size, staging, in.data());
    Lease workspace(*this, entry, batch, measure(entry, batch, in));
    outputs = make_outputs(workspace->plan());
    for (std::size_t i = 0; i < outputs.size(); ++i) workspace->outputs[i] = outputs[i].data();
    do {
      if (measures)
        workspace->inputs = in;
      else
        stage(begin, size, workspace->staging, workspace->inputs.data());
      workspace->run(variables_);
      begin += size;
      pass.pause();
    } while (!measures && begin < end && std::min(batch_size, rows - begin) == size);
    own_texts(outputs);
  }
  return outputs;
}

void Program::prepare(const std::string& entry, const std::vector<Tensor>& arrays, std::int64_t batch_size, int runs) {
  check_inputs(entry, arrays);
  const std::int64_t rows = rows_to_map(arrays, batch_size);
  const Gate::Pass pass(gate_, writes(entry));
  for (const std::int64_t begin : {std::int64_t{0}, (rows - 1) / batch_size * batch_size}) {
    const Batch batch{arrays, std::min(batch_size, rows - begin)};
    const Bindings sizes = measure(entry, batch, rows_from(arrays, begin));
    std::vector<std::unique_ptr<Lease>> leases;
    for (int run = 0; run < runs; ++run) leases.push_back(std::make_unique<Lease>(*this, entry, batch, sizes));
  }
}

std::vector<Tensor> Program::map_batches(const std::string& entry, const std::vector<Tensor>& arrays,
                                         std::int64_t batch_size) {
  std::vector<Tensor> results;
  map_batches(entry, arrays, batch_size, results);
  return results;
}

void Program::map_batches(const std::string& entry, const std::vector<Tensor>& arrays, std::int64_t batch_size,
                          std::vector<Tensor>& results) {
  check_inputs(entry, arrays);
  const std::int64_t rows = rows_to_map(arrays, batch_size);
  std::vector<Tensor> texts;
  const bool measures = measured_.count(entry) > 0, given = !results.empty();
  const Gate::Pass pass(gate_, writes(entry));
  for (std::int64_t begin = 0; begin < rows;) {
    const std::int64_t size = std::min(batch_size, rows - begin);
    const Batch batch{arrays, size};
    Lease workspace(*this, entry, batch, measures ? measure(entry, batch, rows_from(arrays, begin)) : Bindings());
    check_mapped(entry, workspace->plan(), size);
    if (results.empty()) results = make_rows(workspace->plan(), rows);
    if (given && begin == 0) check_given(graph(entry), workspace->plan(), results, rows);
    check_rows(entry, workspace->plan(), results);
    do {
      point(arrays, begin, workspace->inputs.data());
      for (std::size_t i = 0; i < results.size(); ++i)
        workspace->outputs[i] =
            static_cast<char*>(results[i].data()) + row_bytes(results[i]) * static_cast<std::size_t>(begin);
      workspace->run(variables_);
      for (Tensor& result : results)
        if (result.dtype() == DType::string) texts.push_back(own_rows(result, begin, begin + size));
      begin += size;
    } while (!measures && begin < rows && std::min(batch_size, rows - begin) == size);
  }
  for (Tensor& result : results)
    if (result.dtype() == DType::string) result = result.copy();  // while `texts` holds the bytes
}

}  // namespace lamina
