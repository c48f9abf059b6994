// Stockham's passes over the factors of n, which need no reordering; several rows go side by side ("lanes"), so that
// the innermost loop is long and contiguous from the first pass on. Lengths with a large prime factor become a
// convolution of a length that is a power of two (Bluestein).
#include "kernels/fourier/fourier.h"

#include <math.h>

#include "kernels/choice.h"
#include "kernels/families.h"

namespace lamina::kernels::LAMINA_LEVEL {
namespace {

constexpr Index kLargestRadix = 31;
constexpr Index kLaneBytes = 64;
constexpr Index kCacheBytes = 1 << 20;
constexpr Index kGrain = 1 << 15;

template <class T>
struct Complex {
  T *re, *im;
  Complex swapped() const { return {im, re}; }
};

// Hands out parts of the scratch; without memory it only counts.
struct Booking {
  char* base;
  std::size_t used = 0;
  template <class T>
  Complex<T> take(Index count) {
    return {part<T>(count), part<T>(count)};
  }
  template <class T>
  T* part(Index count) {
    T* found = base == nullptr ? nullptr : reinterpret_cast<T*>(base + used);
    used += (static_cast<std::size_t>(count) * sizeof(T) + 63) / 64 * 64;
    return found;
  }
};

// exp(-2 pi i k / n) for 0 <= k < n. The angle is brought into [0, pi/4] with integers, so that nothing is lost.
template <class T>
inline void root(Index k, Index n, T& re, T& im) {
  Index eighths = 8 * k;  // of 1/n of a turn, divided by 8
  const bool below = eighths > 4 * n;
  if (below) eighths = 8 * n - eighths;
  const bool left = eighths > 2 * n;
  if (left) eighths = 4 * n - eighths;
  const bool steep = eighths > n;
  if (steep) eighths = 2 * n - eighths;
  const double angle = 0.78539816339744830962 * static_cast<double>(eighths) / static_cast<double>(n);
  double c = cos(angle), s = sin(angle);
  if (steep) {
    const double t = c;
    c = s;
    s = t;
  }
  re = static_cast<T>(left ? -c : c);
  im = static_cast<T>(below ? s : -s);
}

template <class T>
void fill_roots(Index n, const Complex<T>& w) {
  const Index parts = n % 4 == 0 ? 4 : 1, count = n / parts;
  for (Index k = 0; k < count; ++k) {
    root(k, n, w.re[k], w.im[k]);
    if (parts == 1) continue;
    const T re = w.re[k], im = w.im[k];  // a quarter of a turn further: times -i
    w.re[k + count] = im, w.im[k + count] = -re;
    w.re[k + 2 * count] = -re, w.im[k + 2 * count] = -im;
    w.re[k + 3 * count] = -im, w.im[k + 3 * count] = re;
  }
}

template <class T>
struct Plan {
  Index n;      // of the transform
  Index size;   // of the passes: n, or the power of two of Bluestein's convolution
  Index lanes;  // rows side by side
  int passes = 0;
  Index radices[64];
  Complex<T> roots;          // [size]
  Complex<T> chirp, filter;  // [n] and [size], of Bluestein's
  Complex<T> halves;         // [n + 1]: exp(-pi i k / n), for real rows of length 2n
  Complex<T> work[2];        // [size + 1][lanes], of the first worker
  std::size_t worker_bytes;

  bool convolves() const { return size != n; }
  Complex<T> work_of(int worker, int i) const {
    const std::size_t step = static_cast<std::size_t>(worker) * (worker_bytes / sizeof(T));
    return {work[i].re + step, work[i].im + step};
  }
};

template <class T>
Plan<T> plan_of(Index rows, Index n, bool halves, Booking& scratch) {
  Plan<T> plan = {};
  plan.n = n;
  // Whether all prime factors are small; then `radices` are factors.
  const auto factor = [&](Index size) {
    plan.size = size;
    plan.passes = 0;
    for (Index radix = 4; radix <= kLargestRadix; radix = radix == 4 ? 2 : radix == 2 ? 3 : radix + 2)
      for (; size % radix == 0; size /= radix) plan.radices[plan.passes++] = radix;
    return size == 1;
  };
  if (!factor(n)) {
    Index size = 1;
    while (size < 2 * n - 1) size *= 2;
    factor(size);
  }
  const Index lanes = kLaneBytes / static_cast<Index>(sizeof(T));
  plan.lanes = rows >= lanes / 2 && 4 * plan.size * kLaneBytes <= kCacheBytes ? lanes : 1;
  plan.roots = scratch.take<T>(plan.size);
  if (plan.convolves()) {
    plan.chirp = scratch.take<T>(n);
    plan.filter = scratch.take<T>(plan.size);
  }
  if (halves) plan.halves = scratch.take<T>(n + 1);
  const std::size_t before = scratch.used;
  for (Complex<T>& work : plan.work) work = scratch.take<T>((plan.size + 1) * plan.lanes);
  plan.worker_bytes = scratch.used - before;
  scratch.used += static_cast<std::size_t>(max_threads() - 1) * plan.worker_bytes;
  return plan;
}

// ---- Passes: rows of length radix * m at stride s become `radix` times as many of length m.

template <class T>
void pass2(Index m, Index s, Index step, const Complex<T>& w, const Complex<T>& x, const Complex<T>& y) {
  for (Index p = 0; p < m; ++p) {
    const T wr = w.re[p * step], wi = w.im[p * step];
    const T* __restrict ar = x.re + p * s, * __restrict ai = x.im + p * s;
    const T* __restrict br = ar + m * s, * __restrict bi = ai + m * s;
    T* __restrict yr = y.re + 2 * p * s, * __restrict yi = y.im + 2 * p * s;
    for (Index q = 0; q < s; ++q) {
      const T dr = ar[q] - br[q], di = ai[q] - bi[q];
      yr[q] = ar[q] + br[q];
      yi[q] = ai[q] + bi[q];
      yr[s + q] = wr * dr - wi * di;
      yi[s + q] = wr * di + wi * dr;
    }
  }
}

template <class T>
void pass4(Index m, Index s, Index step, const Complex<T>& w, const Complex<T>& x, const Complex<T>& y) {
  for (Index p = 0; p < m; ++p) {
    const T w1r = w.re[p * step], w1i = w.im[p * step];
    const T w2r = w.re[2 * p * step], w2i = w.im[2 * p * step];
    const T w3r = w.re[3 * p * step], w3i = w.im[3 * p * step];
    const T* __restrict xr = x.re + p * s, * __restrict xi = x.im + p * s;
    T* __restrict yr = y.re + 4 * p * s, * __restrict yi = y.im + 4 * p * s;
    const Index one = m * s, two = 2 * one, three = 3 * one;
    for (Index q = 0; q < s; ++q) {
      const T sr = xr[q] + xr[two + q], si = xi[q] + xi[two + q];
      const T dr = xr[q] - xr[two + q], di = xi[q] - xi[two + q];
      const T tr = xr[one + q] + xr[three + q], ti = xi[one + q] + xi[three + q];
      const T er = xi[one + q] - xi[three + q], ei = xr[three + q] - xr[one + q];  // times -i
      yr[q] = sr + tr;
      yi[q] = si + ti;
      yr[s + q] = w1r * (dr + er) - w1i * (di + ei);
      yi[s + q] = w1r * (di + ei) + w1i * (dr + er);
      yr[2 * s + q] = w2r * (sr - tr) - w2i * (si - ti);
      yi[2 * s + q] = w2r * (si - ti) + w2i * (sr - tr);
      yr[3 * s + q] = w3r * (dr - er) - w3i * (di - ei);
      yi[3 * s + q] = w3r * (di - ei) + w3i * (dr - er);
    }
  }
}

template <class T>
void pass_any(Index radix, Index m, Index s, Index step, const Complex<T>& w, const Complex<T>& x,
              const Complex<T>& y) {
  const Index part = step * m;  // the root of order `radix`
  for (Index p = 0; p < m; ++p)
    for (Index j = 0; j < radix; ++j) {
      T* __restrict yr = y.re + (radix * p + j) * s, * __restrict yi = y.im + (radix * p + j) * s;
      for (Index k = 0; k < radix; ++k) {
        const Index turn = p * j * step + j * k % radix * part;
        const Index at = turn >= radix * part ? turn - radix * part : turn;
        const T wr = w.re[at], wi = w.im[at];
        const T* __restrict xr = x.re + (p + m * k) * s, * __restrict xi = x.im + (p + m * k) * s;
        if (k == 0) {
          for (Index q = 0; q < s; ++q) {
            yr[q] = wr * xr[q] - wi * xi[q];
            yi[q] = wr * xi[q] + wi * xr[q];
          }
        } else {
          for (Index q = 0; q < s; ++q) {
            yr[q] += wr * xr[q] - wi * xi[q];
            yi[q] += wr * xi[q] + wi * xr[q];
          }
        }
      }
    }
}

// The transform of a[size][lanes]; both are overwritten, and the one that holds the result is returned.
template <class T>
Complex<T> run_passes(const Plan<T>& plan, Index lanes, Complex<T> a, Complex<T> b) {
  Index length = plan.size, s = lanes;
  for (int i = 0; i < plan.passes; ++i) {
    const Index radix = plan.radices[i], m = length / radix, step = plan.size / length;
    if (radix == 4)
      pass4(m, s, step, plan.roots, a, b);
    else if (radix == 2)
      pass2(m, s, step, plan.roots, a, b);
    else
      pass_any(radix, m, s, step, plan.roots, a, b);
    const Complex<T> other = a;
    a = b;
    b = other;
    length = m;
    s *= radix;
  }
  return a;
}

// a[j] *= w[j] for all lanes.
template <class T>
void multiply(Index count, Index lanes, const Complex<T>& w, const Complex<T>& a) {
  for (Index j = 0; j < count; ++j) {
    const T wr = w.re[j], wi = w.im[j];
    T* __restrict re = a.re + j * lanes, * __restrict im = a.im + j * lanes;
    for (Index l = 0; l < lanes; ++l) {
      const T r = re[l];
      re[l] = wr * r - wi * im[l];
      im[l] = wr * im[l] + wi * r;
    }
  }
}

template <class T>
void clear(const Complex<T>& a, Index begin, Index end) {
  for (Index i = begin; i < end; ++i) a.re[i] = a.im[i] = T(0);
}

template <class T>
void fill_tables(const Plan<T>& plan) {
  fill_roots(plan.size, plan.roots);
  if (plan.halves.re != nullptr)
    for (Index k = 0; k <= plan.n; ++k) root(k, 2 * plan.n, plan.halves.re[k], plan.halves.im[k]);
  if (!plan.convolves()) return;
  // The filter: the conjugate chirp, mirrored around 0, transformed, with the factor of the inverse.
  const Index n = plan.n, size = plan.size;
  const Complex<T> a = plan.work[0];
  clear(a, 0, size);
  const T scale = T(1) / static_cast<T>(size);
  Index square = 0;  // j * j modulo 2n
  for (Index j = 0; j < n; ++j) {
    root(square, 2 * n, plan.chirp.re[j], plan.chirp.im[j]);
    square = (square + 2 * j + 1) % (2 * n);
    const Index places[] = {j, j == 0 ? 0 : size - j};
    for (const Index at : places) {
      a.re[at] = plan.chirp.re[j] * scale;
      a.im[at] = -plan.chirp.im[j] * scale;
    }
  }
  const Complex<T> found = run_passes(plan, 1, a, plan.work[1]);
  for (Index i = 0; i < size; ++i) plan.filter.re[i] = found.re[i], plan.filter.im[i] = found.im[i];
}

template <class T>
Complex<T> transform(const Plan<T>& plan, const Complex<T>& a, const Complex<T>& b) {
  if (!plan.convolves()) return run_passes(plan, plan.lanes, a, b);
  multiply(plan.n, plan.lanes, plan.chirp, a);
  clear(a, plan.n * plan.lanes, plan.size * plan.lanes);
  const Complex<T> found = run_passes(plan, plan.lanes, a, b);
  multiply(plan.size, plan.lanes, plan.filter, found);
  const Complex<T> other = found.re == a.re ? b : a;
  const Complex<T> back = run_passes(plan, plan.lanes, found.swapped(), other.swapped()).swapped();
  multiply(plan.n, plan.lanes, plan.chirp, back);
  return back;
}

// a[j][lane] = x[lane * stride + j * step] for `count` lanes, in tiles of a cache line.
template <class T>
void gather(const T* x, Index stride, Index step, Index count, Index entries, Index lanes, T* a) {
  for (Index begin = 0; begin < entries; begin += lanes)
    for (Index l = 0; l < count; ++l)
      for (Index j = begin; j < min_of(begin + lanes, entries); ++j) a[j * lanes + l] = x[l * stride + j * step];
}

// The way back.
template <class T>
void scatter(const T* a, Index stride, Index step, Index count, Index entries, Index lanes, T* x) {
  for (Index begin = 0; begin < entries; begin += lanes)
    for (Index l = 0; l < count; ++l)
      for (Index j = begin; j < min_of(begin + lanes, entries); ++j) x[l * stride + j * step] = a[j * lanes + l];
}

template <class T>
constexpr Candidate<Plan<T>> kWays[] = {
    {"factors",
     [](const Plan<T>& plan) -> const char* { return plan.convolves() ? "a prime factor above 31" : nullptr; }},
    {"convolution", nullptr},
};

// load(row, count, a, b) puts rows into the lanes of a[n][lanes], store(row, count, y, b) takes their transforms; b is
// for either to use.
template <class T, class Load, class Store>
void transform_rows(const Plan<T>& plan, Index rows, const Load& load, const Store& store) {
  if (logs_kernels()) explain("fourier", kWays<T>, plan, {{"rows", rows}, {"n", plan.n}, {"side_by_side", plan.lanes}});
  fill_tables(plan);
  const Index lanes = plan.lanes, work = plan.size * lanes * (plan.convolves() ? 2 * plan.passes + 3 : plan.passes + 1);
  parallel(ceil_div(rows, lanes), grain_for(kGrain, work), [&](Index begin, Index end, int worker) {
    const Complex<T> a = plan.work_of(worker, 0), b = plan.work_of(worker, 1);
    for (Index block = begin; block < end; ++block) {
      const Index first = block * lanes, count = min_of(lanes, rows - first);
      if (count < lanes) {  // no garbage in the lanes that are left over
        clear(a, 0, (plan.size + 1) * lanes);
        clear(b, 0, (plan.size + 1) * lanes);
      }
      load(first, count, a, b);
      const Complex<T> y = transform(plan, a, b);
      store(first, count, y, y.re == a.re || y.re == a.im ? b : a);
    }
  });
}

template <class T>
void complex(Index rows, Index n, const T* x_real, const T* x_imag, T* y_real, T* y_imag, void* scratch) {
  Booking booking{static_cast<char*>(scratch)};
  const Plan<T> plan = plan_of<T>(rows, n, false, booking);
  const Index lanes = plan.lanes;
  transform_rows(
      plan, rows,
      [=](Index row, Index count, const Complex<T>& a, const Complex<T>&) {
        gather(x_real + row * n, n, 1, count, n, lanes, a.re);
        gather(x_imag + row * n, n, 1, count, n, lanes, a.im);
      },
      [=](Index row, Index count, const Complex<T>& y, const Complex<T>&) {
        scatter(y.re, n, 1, count, n, lanes, y_real + row * n);
        scatter(y.im, n, 1, count, n, lanes, y_imag + row * n);
      });
}

// y[k] = the transform of a row of 2 * half real entries, from the transform z of its pairs: the sum of those of its
// even and of its odd entries, times `factor`.
template <class T>
void join_halves(Index k, Index half, Index lanes, T factor, const Complex<T>& w, const Complex<T>& z,
                 const Complex<T>& y) {
  const Index a = (k == half ? 0 : k) * lanes, b = (k == 0 ? 0 : half - k) * lanes;
  const T wr = w.re[k], wi = w.im[k], part = factor / 2;
  const T* __restrict ar = z.re + a, * __restrict ai = z.im + a, * __restrict br = z.re + b, * __restrict bi = z.im + b;
  T* __restrict re = y.re + k * lanes, * __restrict im = y.im + k * lanes;
  for (Index l = 0; l < lanes; ++l) {
    const T odd_r = ai[l] + bi[l], odd_i = br[l] - ar[l];
    re[l] = part * (ar[l] + br[l] + (wr * odd_r - wi * odd_i));
    im[l] = part * (ai[l] - bi[l] + (wr * odd_i + wi * odd_r));
  }
}

// The way back, for 0 < k < half.
template <class T>
void split_halves(Index k, Index half, Index lanes, T factor, const Complex<T>& w, const Complex<T>& x,
                  const Complex<T>& z) {
  const T wr = w.re[k], wi = w.im[k];
  const T* __restrict ar = x.re + k * lanes, * __restrict ai = x.im + k * lanes;
  const T* __restrict br = x.re + (half - k) * lanes, * __restrict bi = x.im + (half - k) * lanes;
  T* __restrict re = z.re + k * lanes, * __restrict im = z.im + k * lanes;
  for (Index l = 0; l < lanes; ++l) {
    const T dr = ar[l] - br[l], di = ai[l] + bi[l];
    re[l] = factor * (ar[l] + br[l] - (wr * di - wi * dr));
    im[l] = factor * (ai[l] - bi[l] + (wr * dr + wi * di));
  }
}

// A real row of even length is a complex one of half the length: pairs of neighbours.
template <class T>
void real_forward(Index rows, Index n, T interior, const T* x, T* y_real, T* y_imag, void* scratch) {
  const bool even = n % 2 == 0;
  const Index half = n / 2, bins = half + 1, length = even ? half : n;
  Booking booking{static_cast<char*>(scratch)};
  const Plan<T> plan = plan_of<T>(rows, length, even, booking);
  const Index lanes = plan.lanes;
  transform_rows(
      plan, rows,
      [=](Index row, Index count, const Complex<T>& a, const Complex<T>&) {
        gather(x + row * n, n, even ? 2 : 1, count, length, lanes, a.re);
        if (even)
          gather(x + row * n + 1, n, 2, count, length, lanes, a.im);
        else
          for (Index i = 0; i < length * lanes; ++i) a.im[i] = T(0);
      },
      [=, &plan](Index row, Index count, const Complex<T>& z, const Complex<T>& other) {
        const Complex<T> y = even ? other : z;
        for (Index k = 0; k < bins; ++k) {
          const T factor = k > 0 && 2 * k < n ? interior : T(1);
          if (even)
            join_halves(k, half, lanes, factor, plan.halves, z, y);
          else
            for (Index i = k * lanes; i < (k + 1) * lanes; ++i) y.re[i] *= factor, y.im[i] *= factor;
        }
        for (Index l = 0; l < lanes; ++l) {  // exactly real
          y.im[l] = T(0);
          if (even) y.im[half * lanes + l] = T(0);
        }
        scatter(y.re, bins, 1, count, bins, lanes, y_real + row * bins);
        scatter(y.im, bins, 1, count, bins, lanes, y_imag + row * bins);
      });
}

// The inverse transform is the forward one with both parts exchanged before and after.
template <class T>
void real_inverse(Index rows, Index n, T interior, const T* x_real, const T* x_imag, T* y, void* scratch) {
  const bool even = n % 2 == 0;
  const Index half = n / 2, bins = half + 1, length = even ? half : n;
  Booking booking{static_cast<char*>(scratch)};
  const Plan<T> plan = plan_of<T>(rows, length, even, booking);
  const Index lanes = plan.lanes;
  const T factor = interior / 2;
  transform_rows(
      plan, rows,
      [=, &plan](Index row, Index count, const Complex<T>& a, const Complex<T>& x) {
        gather(x_real + row * bins, bins, 1, count, bins, lanes, x.re);
        gather(x_imag + row * bins, bins, 1, count, bins, lanes, x.im);
        for (Index l = 0; l < lanes; ++l) {
          const T last = even ? x.re[half * lanes + l] : T(0);
          a.im[l] = x.re[l] + last;
          a.re[l] = even ? x.re[l] - last : T(0);
        }
        for (Index k = 1; even && k < half; ++k) split_halves(k, half, lanes, factor, plan.halves, x, a.swapped());
        for (Index k = 1; !even && k < bins; ++k)
          for (Index l = 0; l < lanes; ++l) {
            const T re = factor * x.re[k * lanes + l], im = factor * x.im[k * lanes + l];
            a.im[k * lanes + l] = a.im[(n - k) * lanes + l] = re;
            a.re[k * lanes + l] = im;
            a.re[(n - k) * lanes + l] = -im;
          }
      },
      [=](Index row, Index count, const Complex<T>& z, const Complex<T>&) {
        scatter(z.im, n, even ? 2 : 1, count, length, lanes, y + row * n);
        if (even) scatter(z.re, n, 2, count, length, lanes, y + row * n + 1);
      });
}

template <class T>
std::size_t scratch(Index rows, Index n) {
  const auto bytes = [=](Index length, bool halves) {
    Booking booking{nullptr};
    plan_of<T>(rows, length, halves, booking);
    return booking.used;
  };
  return max_of(bytes(n, false), n % 2 == 0 ? bytes(n / 2, true) : std::size_t{0});
}

}  // namespace

template <class T>
Fourier<T> make_fourier() {
  return {scratch<T>, complex<T>, real_forward<T>, real_inverse<T>};
}

template Fourier<float> make_fourier();
template Fourier<double> make_fourier();

}  // namespace lamina::kernels::LAMINA_LEVEL
