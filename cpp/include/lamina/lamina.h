/* The C interface, for all languages that call C: load, predict, train, save.

     lamina_model* model = lamina_load("digits.lamina");
     lamina_tensor x = {LAMINA_FLOAT32, 4, {1, 8, 8, 1}, pixels, NULL}, y;
     if (!model || lamina_predict(model, &x, 1, 32, &y, 1) != 0) puts(lamina_last_error());
     ...
     lamina_release(&y, 1);
     lamina_free(model);

   Functions that return int give 0, or another number when they fail; then, and when lamina_load gives NULL,
   lamina_last_error() says why. No exception leaves them. A model may predict in many threads at once, also while
   one of them trains it; it is freed when none uses it. */
#ifndef LAMINA_LAMINA_H
#define LAMINA_LAMINA_H

#include <stddef.h>
#include <stdint.h>

#include "lamina/export.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lamina_model lamina_model;

enum {
  LAMINA_FLOAT32 = 0,
  LAMINA_FLOAT64 = 1,
  LAMINA_INT32 = 2,
  LAMINA_INT64 = 3,
  LAMINA_UINT8 = 4,
  LAMINA_BOOL = 5,
  LAMINA_FLOAT16 = 6,
  LAMINA_BFLOAT16 = 7,
  LAMINA_STRING = 10 /* the elements are lamina_text */
};

/* UTF-8 bytes, not closed by a zero. */
typedef struct lamina_text {
  const char* data;
  int64_t size;
} lamina_text;

/* Row-major elements. Inputs stay the caller's, and `owner` is ignored. Outputs are the library's until
   lamina_release. */
typedef struct lamina_tensor {
  int32_t dtype;
  int32_t rank;     /* at most 8 */
  int64_t shape[8]; /* the first `rank` count */
  void* data;
  void* owner;
} lamina_tensor;

LAMINA_API const char* lamina_version(void);
LAMINA_API const char* lamina_last_error(void); /* of this thread; "" before the first */
LAMINA_API int lamina_num_threads(void);
LAMINA_API int lamina_set_num_threads(int count); /* fails below 1 */
LAMINA_API const char* lamina_isa_level(void);    /* "v2", "v3", "v4" or "neon"; "" when this processor has none */
LAMINA_API void lamina_set_seed(int64_t seed);    /* of what is drawn without a seed of its own */

/* What the library says of its work: topics separated by commas, "kernels" and "programs" ("" or NULL: none), and who
   takes the lines, in any thread (NULL: stderr). */
typedef void (*lamina_log_function)(void* context, const char* topic, const char* line);
LAMINA_API int lamina_set_log(const char* topics, lamina_log_function function, void* context);

/* Both verify what they read. The bytes are copied. NULL when they fail. */
LAMINA_API lamina_model* lamina_load(const char* path);
LAMINA_API lamina_model* lamina_load_memory(const void* bytes, size_t size);
LAMINA_API void lamina_free(lamina_model* model); /* NULL is fine */
LAMINA_API int lamina_save(const lamina_model* model, const char* path);

/* What the model takes and gives: the dtype, the rank and the shape, -1 where any size will do. Names live as long as
   the model. */
LAMINA_API int lamina_num_inputs(const lamina_model* model);
LAMINA_API int lamina_num_outputs(const lamina_model* model);
LAMINA_API int lamina_input(const lamina_model* model, int index, const char** name, lamina_tensor* port);
LAMINA_API int lamina_output(const lamina_model* model, int index, const char** name, lamina_tensor* port);

/* One row of output per row of input, computed batch by batch; all outputs are filled in. */
LAMINA_API int lamina_predict(const lamina_model* model, const lamina_tensor* inputs, int num_inputs,
                              int64_t batch_size, lamina_tensor* outputs, int num_outputs);
LAMINA_API void lamina_release(lamina_tensor* outputs, int count);

/* The same into tensors of the caller: dtype, rank, shape and data of each output are filled in before. It takes no
   lock, and no memory but for the model's first batches of a size, once `lamina_prepare` was told how many threads
   will predict at once. */
LAMINA_API int lamina_predict_into(const lamina_model* model, const lamina_tensor* inputs, int num_inputs,
                                   int64_t batch_size, const lamina_tensor* outputs, int num_outputs);
LAMINA_API int lamina_prepare(const lamina_model* model, const lamina_tensor* inputs, int num_inputs,
                              int64_t batch_size, int threads);

/* Trains on with the loss and optimizer of the model; `loss` (or NULL) is that of the last epoch. */
LAMINA_API int lamina_fit(lamina_model* model, const lamina_tensor* inputs, int num_inputs, const lamina_tensor* labels,
                          int num_labels, int epochs, int64_t batch_size, double* loss);
LAMINA_API int lamina_evaluate(lamina_model* model, const lamina_tensor* inputs, int num_inputs,
                               const lamina_tensor* labels, int num_labels, int64_t batch_size, double* loss);

#ifdef __cplusplus
}
#endif

#endif
