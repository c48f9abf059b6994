#include "autodiff/rules.h"

#include <string_view>
#include <unordered_map>

#include "ops/all.h"

namespace lamina {

namespace {

using Rule = Values (*)(const Op&, const Vjp&);

template <class T, class = void>
struct RuleOf {
  static constexpr Rule rule = nullptr;
};
template <class T>
struct RuleOf<T, std::void_t<decltype(&T::vjp)>> {
  static Values rule(const Op& op, const Vjp& v) { return op.as<T>()->vjp(v); }
};

Rule rule_of(const Op& op) {
#define LAMINA_OP(...) {__VA_ARGS__::name, RuleOf<__VA_ARGS__>::rule},
  static const std::unordered_map<std::string_view, Rule> rules = {
#include "ops/ops.def"
  };
  const auto found = rules.find(op.name());
  return found == rules.end() ? nullptr : found->second;
}

}  // namespace

bool differentiable(const Op& op) {
  return rule_of(op) != nullptr || dynamic_cast<const OpWithGradient*>(&op) != nullptr;
}

Values vjp(const Op& op, const Vjp& v) {
  if (const Rule rule = rule_of(op)) return rule(op, v);
  if (const auto* own = dynamic_cast<const OpWithGradient*>(&op)) return own->vjp(v);
  detail::not_differentiable(op.name());
}

}  // namespace lamina
