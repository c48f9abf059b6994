// Recurrent layers over whole sequences. What the inputs contribute, x . kernel + bias, is there for all steps (z); the
// recurrence adds what the state contributes. With p = h[t] . recurrent kernel, s the sigmoid, for t in [0, steps):
//   simple  h[t+1] = tanh(z + p)
//   gru     u = s(z_u + p_u + b_u), r = s(z_r + p_r + b_r), n = p_n + b_n, g = tanh(z_n + r n)
//           h[t+1] = u h[t] + (1 - u) g                                              (Cho et al. 2014, "reset after")
//   lstm    i = s(z_i + p_i), f = s(z_f + p_f), g = tanh(z_g + p_g), o = s(z_o + p_o)
//           c[t+1] = f c[t] + i g,  h[t+1] = o tanh(c[t+1])                      (Hochreiter and Schmidhuber 1997)
// Where the mask is false the states stay as they are. In reverse the last step comes first: h[t] comes from h[t+1],
// and h[steps] is given. Gates stand side by side in the order above: u r n, i f g o.
//   z [steps][batch][gates * units], kernel [units][gates * units], bias [gates * units] (gru), mask [steps][batch]
//   h, c [steps + 1][batch][units], the first one given; saved [steps][batch][...]: u r g n, or i f g o, as computed
// Gradients: dz, dr (of what the state contributes; gru only, else it is dz), and dh0, dc0 of the states given; the
// recurrent kernel's is the product of the old states transposed and dr.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lamina::kernels {

enum class Cell : std::uint8_t { simple, gru, lstm };

constexpr int gates_of(Cell cell) { return cell == Cell::simple ? 1 : cell == Cell::gru ? 3 : 4; }
constexpr int saved_of(Cell cell) { return cell == Cell::simple ? 0 : 4; }

struct RecurrentShape {
  std::int64_t steps = 0, batch = 0, units = 0;
  bool reverse = false;

  // Which of the states step t starts from, which one it makes, and which one is given.
  std::int64_t old_state(std::int64_t t) const { return reverse ? t + 1 : t; }
  std::int64_t new_state(std::int64_t t) const { return reverse ? t : t + 1; }
  std::int64_t first_state() const { return reverse ? steps : 0; }
};

// c only for lstm, bias only for gru; mask may be null, and saved, when nobody asks for gradients.
template <class T>
struct RecurrentArrays {
  const T *z, *kernel, *bias;
  const bool* mask;
  T *h, *c, *saved;
};

// dh and dc are those of all states, the ones given included.
template <class T>
struct RecurrentGradients {
  const T *dh, *dc;
  T *dz, *dr, *dh0, *dc0;
};

// One sequence of states; the gradients only count backward.
template <class T>
struct Recurrence {
  RecurrentShape shape;
  RecurrentArrays<T> arrays;
  RecurrentGradients<T> gradients;
};

// `count` recurrences of one cell and one shape, but for the direction, share the workers: both directions of a
// bidirectional layer, say.
template <class T>
struct Recurrent {
  std::size_t (*scratch)(Cell, const RecurrentShape&, int count);
  void (*forward)(Cell, const Recurrence<T>*, int count, void* scratch);
  // Reads kernel, mask, h, c and saved of the arrays.
  std::size_t (*grad_scratch)(Cell, const RecurrentShape&, int count);
  void (*grad)(Cell, const Recurrence<T>*, int count, void* scratch);
};

}  // namespace lamina::kernels
