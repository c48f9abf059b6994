// The closed list of ops, from ops.def.
#include <algorithm>

#include "core/spelling.h"
#include "ops/all.h"

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
const std::vector<OpInfo>& all_ops() {
  static const std::vector<OpInfo> ops = {
#include "ops/ops.def"
  };
  return ops;
}

OpPtr make_op(const std::string& name, const Attributes& attributes) {
  for (const OpInfo& op : all_ops())
    if (name == op.name) return op.make(attributes);
  std::vector<std::string> names;
  for (const OpInfo& op : all_ops()) names.emplace_back(op.name);
  fail(ErrorKind::value, "Unknown op '" + name + "'",
       "an op of this version; the nearest names are " + nearest(name, names), name,
       "Use a newer version of the library, or correct the name.");
}

}  // namespace lamina
