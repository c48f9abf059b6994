#include "ops/linalg.h"

#include "autodiff/gradient.h"
#include "kernels/linalg/linalg.h"
#include "ops/creation.h"
#include "ops/dispatch.h"
#include "ops/functions.h"
#include "ops/gather.h"

namespace lamina {

namespace k = kernels;

namespace {

// ---- Sizes

struct Sizes {
  std::int64_t batch, m, n;
  explicit Sizes(const Operand& x)
      : batch(x.shape.size(0, x.shape.rank() - 2)), m(x.shape[x.shape.rank() - 2]), n(x.shape[x.shape.rank() - 1]) {}
};

const Dim& rows(const Spec& x) { return x.dims[x.dims.size() - 2]; }
const Dim& columns(const Spec& x) { return x.dims.back(); }

// The dims before the matrices, then `last`.
Dims stacked(const Spec& x, std::initializer_list<Dim> last) {
  Dims dims(x.dims.begin(), x.dims.end() - 2);
  dims.insert(dims.end(), last);
  return dims;
}

void check_matrices(const char* name, const Specs& inputs) {
  check::num_inputs(name, inputs, 1, 1);
  check::floating(name, inputs[0]);
  check::rank_at_least(name, inputs[0], 2);
}

void check_square(const char* name, const Spec& x) {
  const Dim &m = rows(x), &n = columns(x);
  if (m.known() && n.known() && m.value() != n.value())
    fail(ErrorKind::value, std::string(name) + ": the matrices are not square", "as many rows as columns",
         "shape " + to_string(x.dims), "Check the input.");
}

// a [..., n, n] and b [..., n, k].
Specs infer_system(const char* name, const Specs& inputs) {
  check::num_inputs(name, inputs, 2, 2);
  check::same_dtype(name, inputs);
  check::floating(name, inputs[0]);
  check::rank_at_least(name, inputs[0], 2);
  check_square(name, inputs[0]);
  check::shape(name, inputs[1],
               stacked(inputs[0], {columns(inputs[0]), inputs[1].dims.empty() ? Dim(1) : columns(inputs[1])}), inputs,
               "the right-hand side");
  return {inputs[1]};
}

// ---- Matrices as values

Value transposed(const Value& x) {
  std::vector<std::int64_t> axes;
  for (int i = 0; i < x.rank(); ++i) axes.push_back(i);
  std::swap(axes[axes.size() - 2], axes[axes.size() - 1]);
  return ops::transpose(x, axes);
}

Value product(const Value& a, const Value& b) { return ops::matmul(a, b, false, false); }
Value transposed_product(const Value& a, const Value& b) { return ops::matmul(a, b, true, false); }  // a^T b
Value product_transposed(const Value& a, const Value& b) { return ops::matmul(a, b, false, true); }  // a b^T

Value symmetric(const Value& x) { return ops::scaled(ops::add(x, transposed(x)), 0.5); }

// Row minus column, for each entry of the last two axes.
Value below_diagonal(const Value& x) {
  const Dim m = x.dim(x.rank() - 2), n = x.dim(x.rank() - 1);
  const auto count = [](const Dim& size) { return call(Arange{size, 0, 1, DType::int32}, {})[0]; };
  return ops::subtract(ops::reshape(count(m), {m, 1}), ops::reshape(count(n), {1, n}));
}

Value zero_unless(const Value& condition, const Value& x) { return ops::where(condition, x, ops::like(x, 0)); }

// x with zeros below (or above) the diagonal; those on it go too when strict.
Value triangle(const Value& x, bool lower, bool strict) {
  const Value below = below_diagonal(x), edge = ops::like(below, strict ? (lower ? 1 : -1) : 0);
  return zero_unless(lower ? ops::greater_equal(below, edge) : ops::less_equal(below, edge), x);
}

Value on_diagonal(const Value& x) { return ops::equal(below_diagonal(x), ops::fill({}, 0, DType::int32)); }

// A row or a column out of the entries of the last axis.
Value as_row(const Value& x) {
  Dims dims = x.dims();
  dims.insert(dims.end() - 1, 1);
  return ops::reshape(x, dims);
}
Value as_column(const Value& x) {
  Dims dims = x.dims();
  dims.push_back(1);
  return ops::reshape(x, dims);
}

// 1 / (x_j - x_i), and 0 where both are the same.
Value reciprocal_differences(const Value& x) {
  const Value difference = ops::subtract(as_row(x), as_column(x));
  const Value same = ops::equal(difference, ops::like(x, 0));
  const Value one = ops::like(x, 1);
  return ops::where(same, ops::like(x, 0), ops::divide(one, ops::where(same, one, difference)));
}

Value triangular_solve(const Value& a, const Value& b, bool lower, bool transpose, bool unit_diagonal = false) {
  return call(TriangularSolve{lower, transpose, unit_diagonal}, {a, b})[0];
}

// b op(triangle of a)^-1, through the system of the transposes.
Value triangular_solve_right(const Value& a, const Value& b, bool lower, bool transpose) {
  return transposed(triangular_solve(a, transposed(b), lower, !transpose));
}

Value grad_or_zeros(const Vjp& v, int i) { return v.grad(i) ? v.grad(i) : ops::zeros_like(v.out(i)); }

[[noreturn]] void no_gradient(const char* name, const char* expected, const Value& x) {
  fail(ErrorKind::value, std::string(name) + ": these matrices have no gradient here", expected,
       "shape " + to_string(x.dims()), "Decompose a part of the matrix, or put stop_gradient before it.");
}

bool known_to_differ(const Dim& a, const Dim& b) { return a.known() && b.known() && a.value() != b.value(); }

}  // namespace

// ---- Cholesky

Specs Cholesky::infer(const Specs& inputs) const {
  check_matrices(name, inputs);
  check_square(name, inputs[0]);
  return {inputs[0]};
}

void Cholesky::run(const Run& run) const {
  const Sizes s(run.inputs[0]);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::cholesky(s.batch, s.n, run.in<T>(0), run.out<T>(0));
  });
}

// With P the lower half of L^T dL (half of the diagonal): dx = the symmetric part of L^-T P L^-1.
Values Cholesky::vjp(const Vjp& v) const {
  const Value& l = v.out();
  const Value p = transposed_product(l, v.grad());
  const Value half = ops::scaled(ops::add(triangle(p, true, false), triangle(p, true, true)), 0.5);
  return {symmetric(triangular_solve_right(l, triangular_solve(l, half, true, true), true, false))};
}

// ---- Systems

Specs TriangularSolve::infer(const Specs& inputs) const { return infer_system(name, inputs); }

void TriangularSolve::run(const Run& run) const {
  const Sizes s(run.inputs[1]);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::triangular_solve(s.batch, s.m, s.n, k::Triangle{lower, transpose, unit_diagonal}, run.in<T>(0), run.in<T>(1),
                        run.out<T>(0));
  });
}

Values TriangularSolve::vjp(const Vjp& v) const {
  const Value &a = v.in(0), &x = v.out();
  const Value db = triangular_solve(a, v.grad(), lower, !transpose, unit_diagonal);
  Value da;
  if (v.need(0))
    da = ops::negative(
        triangle(transpose ? product_transposed(x, db) : product_transposed(db, x), lower, unit_diagonal));
  return {da, db};
}

Specs Solve::infer(const Specs& inputs) const { return infer_system(name, inputs); }

void Solve::run(const Run& run) const {
  const Sizes s(run.inputs[1]);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::solve(s.batch, s.m, s.n, transpose, run.in<T>(0), run.in<T>(1), run.out<T>(0));
  });
}

Values Solve::vjp(const Vjp& v) const {
  const Value& x = v.out();
  const Value db = call(Solve{!transpose}, {v.in(0), v.grad()})[0];
  Value da;
  if (v.need(0)) da = ops::negative(transpose ? product_transposed(x, db) : product_transposed(db, x));
  return {da, db};
}

// ---- LU and QR

Specs Lu::infer(const Specs& inputs) const {
  check_matrices(name, inputs);
  const Spec& x = inputs[0];
  return {x, {DType::int32, stacked(x, {minimum(rows(x), columns(x))})}, {DType::int32, stacked(x, {rows(x)})}};
}

void Lu::run(const Run& run) const {
  const Sizes s(run.inputs[0]);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::lu(s.batch, s.m, s.n, run.in<T>(0), run.out<T>(0), run.out<std::int32_t>(1), run.out<std::int32_t>(2));
  });
}

// dx = P^T L^-T (lower part of L^T dL + upper part of dU U^T) U^-T, with x = P^T L U.
Values Lu::vjp(const Vjp& v) const {
  const Value &packed = v.out(0), &dy = v.grad(0);
  const Dim n = packed.dim(packed.rank() - 1);
  if (known_to_differ(packed.dim(packed.rank() - 2), n)) no_gradient(name, "square matrices", packed);
  const Value lower = triangle(packed, true, true), d_lower = triangle(dy, true, true);
  const Value inner =
      ops::add(triangle(ops::add(transposed_product(lower, d_lower), d_lower), true, true),
               triangle(product_transposed(triangle(dy, false, false), triangle(packed, false, false)), false, false));
  const Value outer = triangular_solve_right(packed, triangular_solve(packed, inner, true, true, true), false, true);
  const Value permutation = call(OneHot{n, packed.dtype()}, {v.out(2)})[0];
  return {transposed_product(permutation, outer)};
}

Specs Qr::infer(const Specs& inputs) const {
  check_matrices(name, inputs);
  const Spec& x = inputs[0];
  const Dim middle = complete ? rows(x) : minimum(rows(x), columns(x));
  return {{x.dtype, stacked(x, {rows(x), middle})}, {x.dtype, stacked(x, {middle, columns(x)})}};
}

void Qr::run(const Run& run) const {
  const Sizes s(run.inputs[0]);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::qr(s.batch, s.m, s.n, complete, run.in<T>(0), run.out<T>(0), run.out<T>(1));
  });
}

// With M = r dr^T - dq^T q and its lower half copied to the upper one: dx = (dq + q M) r^-T.
Values Qr::vjp(const Vjp& v) const {
  const Value &q = v.out(0), &r = v.out(1);
  if (known_to_differ(r.dim(r.rank() - 2), r.dim(r.rank() - 1)))
    no_gradient(name, "at least as many rows as columns, and q not complete", v.in(0));
  const Value dq = grad_or_zeros(v, 0), dr = triangle(grad_or_zeros(v, 1), false, false);
  const Value m = ops::subtract(product_transposed(r, dr), transposed_product(dq, q));
  const Value copied = ops::add(triangle(m, true, false), transposed(triangle(m, true, true)));
  return {triangular_solve_right(r, ops::add(dq, product(q, copied)), false, true)};
}

// ---- Eigenvalues

Specs Eigh::infer(const Specs& inputs) const {
  check_matrices(name, inputs);
  check_square(name, inputs[0]);
  return {{inputs[0].dtype, stacked(inputs[0], {columns(inputs[0])})}, inputs[0]};
}

void Eigh::run(const Run& run) const {
  const Sizes s(run.inputs[0]);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::eigh(s.batch, s.n, run.in<T>(0), run.out<T>(0), run.out<T>(1));
  });
}

// dx = the symmetric part of v (diag(dw) + F * (v^T dv)) v^T, F_ij = 1 / (w_j - w_i).
Values Eigh::vjp(const Vjp& v) const {
  const Value &w = v.out(0), &vectors = v.out(1);
  Value inner;
  if (v.grad(1)) inner = ops::multiply(reciprocal_differences(w), transposed_product(vectors, v.grad(1)));
  if (v.grad(0)) {
    const Value values = zero_unless(on_diagonal(vectors), ops::broadcast_to(as_row(v.grad(0)), vectors.dims()));
    inner = inner ? ops::add(inner, values) : values;
  }
  return {symmetric(product(vectors, product_transposed(inner, vectors)))};
}

Specs Eig::infer(const Specs& inputs) const {
  check_matrices(name, inputs);
  check_square(name, inputs[0]);
  const Spec values{inputs[0].dtype, stacked(inputs[0], {columns(inputs[0])})};
  return {values, values, inputs[0], inputs[0]};
}

void Eig::run(const Run& run) const {
  const Sizes s(run.inputs[0]);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::eig(s.batch, s.n, run.in<T>(0), run.out<T>(0), run.out<T>(1), run.out<T>(2), run.out<T>(3));
  });
}

// ---- Singular values

Specs Svd::infer(const Specs& inputs) const {
  check_matrices(name, inputs);
  const Spec& x = inputs[0];
  const Dim count = minimum(rows(x), columns(x));
  const Spec values{x.dtype, stacked(x, {count})};
  if (!compute_uv) return {values};
  return {{x.dtype, stacked(x, {rows(x), full_matrices ? rows(x) : count})},
          values,
          {x.dtype, stacked(x, {full_matrices ? columns(x) : count, columns(x)})}};
}

void Svd::run(const Run& run) const {
  const Sizes s(run.inputs[0]);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    if (compute_uv)
      k::svd(s.batch, s.m, s.n, full_matrices, run.in<T>(0), run.out<T>(0), run.out<T>(1), run.out<T>(2));
    else
      k::svd<T>(s.batch, s.m, s.n, false, run.in<T>(0), nullptr, run.out<T>(0), nullptr);
  });
}

// With F_ij = 1 / (s_j^2 - s_i^2) and skew(y) = y - y^T:
// dx = u (F * skew(u^T du) diag(s) + diag(s) F * skew(v^T dv) + diag(ds)) v^T, and what du and dv have outside the
// spaces of u and v: (du - u u^T du) diag(1/s) v^T + u diag(1/s) (dv - v v^T dv)^T.
Values Svd::vjp(const Vjp& v) const {
  const Value& x = v.in(0);
  const Value ds = v.grad(compute_uv ? 1 : 0);
  const Value du = compute_uv ? v.grad(0) : Value(), dvh = compute_uv ? v.grad(2) : Value();
  const bool larger = full_matrices && known_to_differ(x.dim(x.rank() - 2), x.dim(x.rank() - 1));
  if (larger && (du || dvh)) no_gradient(name, "full_matrices=False, unless the matrices are square", x);
  const Values thin = compute_uv && !larger ? v.outputs : call(Svd{false, true}, {x});
  const Value &u = thin[0], &s = thin[1], &vh = thin[2];

  Value inner, outside;
  const auto collect = [](Value& sum, const Value& part) { sum = sum ? ops::add(sum, part) : part; };
  const auto skew = [&](const Value& y) {
    return ops::multiply(reciprocal_differences(ops::multiply(s, s)), ops::subtract(y, transposed(y)));
  };
  if (du) {
    const Value inside = transposed_product(u, du);
    collect(inner, ops::multiply(skew(inside), as_row(s)));
    collect(outside, product(ops::divide(ops::subtract(du, product(u, inside)), as_row(s)), vh));
  }
  if (dvh) {
    const Value inside = product_transposed(vh, dvh);  // v^T dv
    collect(inner, ops::multiply(as_column(s), skew(inside)));
    const Value rest = ops::subtract(dvh, transposed_product(inside, vh));
    collect(outside, product(u, ops::divide(rest, as_column(s))));
  }
  if (ds) {
    Dims square = s.dims();
    square.push_back(s.dim(s.rank() - 1));
    const Value wide = ops::broadcast_to(as_row(ds), square);
    collect(inner, zero_unless(on_diagonal(wide), wide));
  }
  Value dx = product(u, product(inner, vh));
  if (outside) dx = ops::add(dx, outside);
  return {dx};
}

Specs Pinv::infer(const Specs& inputs) const {
  check_matrices(name, inputs);
  return {{inputs[0].dtype, stacked(inputs[0], {columns(inputs[0]), rows(inputs[0])})}};
}

void Pinv::run(const Run& run) const {
  const Sizes s(run.inputs[0]);
  for_floating(run.inputs[0].dtype, [&](auto t) {
    using T = decltype(t);
    k::pinv(s.batch, s.m, s.n, rcond, run.in<T>(0), run.out<T>(0));
  });
}

// dp = -p dx p + p p^T dx^T (I - x p) + (I - p x) dx^T p^T p (Golub and Pereyra, 1973), turned around.
Values Pinv::vjp(const Vjp& v) const {
  const Value &x = v.in(0), &p = v.out(), &dp = v.grad();
  const Value through = transposed_product(p, product_transposed(dp, p));
  const Value left = transposed_product(dp, product_transposed(p, p));   // dp^T p p^T
  const Value right = product_transposed(transposed_product(p, p), dp);  // p^T p dp^T
  const Value outside =
      ops::add(ops::subtract(left, product(x, product(p, left))), ops::subtract(right, product(product(right, p), x)));
  return {ops::subtract(outside, through)};
}

}  // namespace lamina
