// Programs come from files, so whatever `infer` accepts must run without touching memory that is not its own. Random
// attributes and inputs for every op; the outputs and the scratch memory lie between guards, and the sanitizers watch
// the rest.
#include <map>

#include "ops/dispatch.h"
#include "support.h"

namespace lamina {
namespace {

using support::Ints;

constexpr std::size_t kGuard = 256;
constexpr unsigned char kFill = 0xAB;

class Guarded {
 public:
  explicit Guarded(std::size_t bytes)
      : bytes_(bytes), memory_(DType::uint8, {static_cast<std::int64_t>(bytes + 2 * kGuard)}) {
    std::memset(memory_.data(), kFill, memory_.bytes());
  }
  unsigned char* data() { return memory_.data<std::uint8_t>() + kGuard; }
  bool intact() {
    const unsigned char* p = memory_.data<std::uint8_t>();
    for (std::size_t i = 0; i < kGuard; ++i)
      if (p[i] != kFill || p[kGuard + bytes_ + i] != kFill) return false;
    return true;
  }

 private:
  std::size_t bytes_;
  Tensor memory_;
};

class Draw {
 public:
  explicit Draw(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return engine_() % n; }
  template <class T>
  T from(std::initializer_list<T> values) {
    return values.begin()[below(values.size())];
  }

  Dims dims(int most = 5) {
    Dims d(below(static_cast<std::size_t>(most) + 1));
    for (Dim& size : d) size = from<std::int64_t>({0, 1, 1, 2, 2, 3, 4, 4, 8});
    return d;
  }

  Specs inputs() {
    Specs specs(from<std::size_t>({0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5, 6}));
    const DType dtype = from({DType::float32, DType::float32, DType::float32, DType::float64, DType::int32,
                              DType::int64, DType::uint8, DType::boolean, DType::complex64});
    const bool alike = below(2) != 0;  // as for gradients, norms and updates
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const Dims& first = specs[0].dims;
      specs[i] = {dtype, dims()};
      if (i > 0 && alike && first.rank() > 0) {
        const Dims rows(first.begin(), first.end() - 1), column{first.back()};
        specs[i].dims = from({first, first, first, column, column, rows, rows, Dims()});
        if (below(8) == 0) specs[i].dtype = DType::int64;
        continue;
      }
      if (i > 0 && first.rank() > 0) {
        const auto part = static_cast<std::ptrdiff_t>(below(first.size() + 1));
        switch (below(6)) {
          case 0:
          case 1:
            specs[i].dims = first;
            break;
          case 2:
            specs[i].dims = Dims(first.begin() + part, first.end());
            break;
          case 3:
            specs[i].dims = Dims(first.begin(), first.begin() + part);
            break;
          case 4:
            specs[i].dims = {first.back()};
            break;
          default:
            break;
        }
      }
      if (below(4) == 0)
        specs[i].dtype = from({DType::int64, DType::int64, DType::int32, DType::boolean, DType::float16, dtype});
      if (specs[i].dtype == DType::int64 && below(3) == 0) specs[i].dims = {2};
    }
    return specs;
  }

  // For the ops of texts: texts or whole numbers, perhaps with what may be a vocabulary.
  Specs texts() {
    Specs specs = {{from({DType::string, DType::string, DType::string, DType::int64}), dims(3)}};
    for (std::size_t more = below(3); more > 0; --more)
      specs.push_back({from({DType::string, DType::int64}), specs[0].dims});
    if (below(3) == 0) return specs;
    specs.resize(1);
    const Dims bytes{from<std::int64_t>({0, 1, 4, 8})}, offsets{from<std::int64_t>({1, 2, 3, 8})};
    specs.push_back({DType::uint8, bytes});
    specs.push_back({DType::int64, offsets});
    if (below(4) != 0) specs.push_back({DType::int32, {from<std::int64_t>({1, 4, 8, 8, 16})}});
    return specs;
  }

  void change(Attributes& attributes, const Specs& inputs) {
    for (auto& [name, value] : attributes) {
      if (below(4) == 0) continue;
      if (auto* b = std::get_if<bool>(&value)) *b = below(2) != 0;
      if (auto* i = std::get_if<std::int64_t>(&value))
        *i = from<std::int64_t>({-3, -2, -1, 0, 1, 1, 2, 3, 4, 1LL << 40, -(1LL << 62)});
      if (auto* d = std::get_if<double>(&value)) *d = from({0.0, 0.5, -1.0, 1.0, 3.0, 1e300, std::nan("")});
      if (auto* s = std::get_if<std::string>(&value))
        *s =
            name == "dtype"
                ? from<const char*>({"float32", "float64", "int32", "int64", "uint8", "bool", "complex128", "bfloat16"})
            : name == "padding"    ? from<const char*>({"valid", "same", "causal"})
            : name == "activation" ? from<const char*>({"linear", "relu", "gelu", "tanh"})
            : name == "fill_mode"  ? from<const char*>({"constant", "nearest", "wrap", "mirror", "reflect"})
            : name == "kind"       ? from<const char*>({"sum", "prod", "max", "min"})
            : name == "reduction"  ? from<const char*>({"set", "add", "max", "min", "mul"})
            : name == "split"      ? from<const char*>({"none", "whitespace", "character"})
            : name == "pattern"    ? from<const char*>({"", "a|b*", "(\\w+)(x?)", "[^a]{2,3}$", "(", "\\b.", "\xff"})
            : name == "rewrite"    ? from<const char*>({"", "<\\0>", "\\2\\1", "\\", "\\9"})
                                   : from<const char*>({"relu", "tanh", "sqrt", "gelu", "elu"});
      const bool one = std::holds_alternative<Dims>(value) && std::get<Dims>(value).size() == 1;
      if (std::holds_alternative<Ints>(value) || std::holds_alternative<Dims>(value)) {
        Ints list(one ? 1 : below(6));
        for (std::int64_t& i : list) i = from<std::int64_t>({-2, -1, 0, 0, 1, 1, 1, 2, 2, 3, 4, 8});
        if (!one && !inputs.empty() && below(2) == 0) {
          const Shape shape = inputs[below(2) * below(inputs.size())].dims.shape();
          list.assign(shape.begin(), shape.end());
          if (!list.empty() && below(3) == 0) list[below(list.size())] = from<std::int64_t>({0, 1, 2, 3, 9});
        }
        value = list;
      }
    }
  }

  Tensor numbers(const Spec& spec) {
    Tensor t(spec.dtype, spec.dims.shape());
    if (spec.dtype == DType::string) {
      for (std::int64_t i = 0; i < t.size(); ++i) {
        const std::string_view text = from<std::string_view>(
            {"", "a", "Two words ", "x\xff\xe2\x82", "\xF0\x9F\x98\x80 b", " \t\n ", "aaaa,bbbb! cc"});
        t.data<Text>()[i] = {text.data(), static_cast<std::int64_t>(text.size())};
      }
      return t;
    }
    for_dtype(t.dtype(), [&](auto zero) {
      using T = decltype(zero);
      for (std::int64_t i = 0; i < t.size(); ++i)
        t.data<T>()[i] = static_cast<T>(
            from<std::int64_t>({0, 1, 1, 2, 3, -1, std::is_floating_point_v<T> ? 7 : std::int64_t{1} << 31}));
      if constexpr (std::is_signed_v<T> && std::is_integral_v<T>)
        if (t.size() > 0 && below(3) == 0)
          t.data<T>()[below(static_cast<std::size_t>(t.size()))] = std::numeric_limits<T>::min();
    });
    return t;
  }

 private:
  std::mt19937 engine_;
};

TEST(Hostile, WhatInferAcceptsRunsInItsOwnMemory) {
  std::map<std::string, int> runs;
  for (const OpInfo& info : all_ops()) {
    for (unsigned seed = 0; seed < 1000; ++seed) {
      Draw draw(seed);
      const bool of_texts = std::string(info.name).rfind("text_", 0) == 0;
      const Specs specs = of_texts ? draw.texts() : draw.inputs();
      Attributes attributes = info.make({})->attributes();
      draw.change(attributes, specs);
      try {
        const OpPtr op = make_op(info.name, attributes);
        const Specs results = op->infer(specs);
        std::int64_t elements = 0;
        for (const Spec& s : results) {
          check_size(s.dims.shape());
          elements += s.dims.shape().size();
        }
        if (op->alias() || elements == 0 || elements > 100000) continue;
        std::vector<Tensor> inputs;
        std::vector<Guarded> memory;
        std::vector<Operand> in, out;
        for (const Spec& s : specs) {
          inputs.push_back(draw.numbers(s));
          in.push_back({inputs.back().data(), s.dtype, inputs.back().shape()});
        }
        for (const Spec& s : results) {
          const Shape shape = s.dims.shape();
          memory.emplace_back(static_cast<std::size_t>(shape.size()) * size_of(s.dtype));
          out.push_back({memory.back().data(), s.dtype, shape});
        }
        lamina::Run run{in.data(), static_cast<int>(in.size()), out.data(), nullptr, static_cast<int>(out.size())};
        memory.emplace_back(op->scratch(run));
        run.scratch = memory.back().data();
        Texts texts;
        run.texts = &texts;
        ++runs[info.name];
        op->run(run);
        for (Guarded& m : memory)
          ASSERT_TRUE(m.intact()) << info.name << "(" << to_string(attributes) << ") of " << to_string(specs);
      } catch (const Error&) {
      }
    }
  }
  EXPECT_GT(runs.size(), 100u);  // a few ops have inputs that are hardly ever drawn
}

}  // namespace
}  // namespace lamina
