// The closed list of ops, from ops.def.
#include <algorithm>

#include "autodiff/gradient.h"
#include "core/spelling.h"
#include "ops/attention.h"
#include "ops/complex.h"
#include "ops/conv.h"
#include "ops/creation.h"
#include "ops/ctc.h"
#include "ops/elementwise.h"
#include "ops/fourier.h"
#include "ops/gather.h"
#include "ops/layout.h"
#include "ops/linalg.h"
#include "ops/matmul.h"
#include "ops/norm.h"
#include "ops/order.h"
#include "ops/pool.h"
#include "ops/random.h"
#include "ops/recurrent.h"
#include "ops/reduce.h"
#include "ops/resample.h"
#include "ops/scan.h"
#include "ops/scatter.h"
#include "ops/softmax.h"
#include "ops/text.h"
#include "ops/update.h"
#include "program/control.h"

namespace lamina {

namespace {

template <class T>
OpPtr make(const Attributes& attributes) {
  T definition;
  AttributeReader reader(T::name, attributes);
  definition.fields(reader);
  reader.finish();
  return make_op(std::move(definition));
}

}  // namespace

#define LAMINA_OP(...) {__VA_ARGS__::name, make<__VA_ARGS__>},
#define LAMINA_UNARY(function) LAMINA_OP(Unary<kernels::Unary::function>)
#define LAMINA_BINARY(function) LAMINA_OP(Binary<kernels::Binary::function>)
#define LAMINA_COMPARE(function) LAMINA_OP(Compare<kernels::Compare::function>)
const std::vector<OpInfo>& all_ops() {
  static const std::vector<OpInfo> ops = {
#include "ops/ops.def"
  };
  return ops;
}

OpPtr make_op(const std::string& name, const Attributes& attributes) {
  std::vector<std::string> names;
  for (const OpInfo& op : all_ops()) {
    if (name == op.name) return op.make(attributes);
    names.emplace_back(op.name);
  }
  fail(ErrorKind::value, "Unknown op '" + name + "'",
       "an op of this version; the nearest names are " + nearest(name, names), name,
       "Use a newer version of the library, or correct the name.");
}

}  // namespace lamina
