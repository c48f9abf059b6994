// The one exception type of the library. Its text says what happened, what was expected, what came, and what to do:
//
//   try {
//     model.predict(image);
//   } catch (const lamina::Error& error) {
//     std::fprintf(stderr, "%s\n", error.what());
//   }
//   // Input 'image' has the wrong shape. Expected: (None, 28, 28, 1). Received: (28, 28). Give data of the expected
//   ...
//
// Only memory that runs out in the standard library's own containers comes as std::bad_alloc. What throws has changed
// nothing: a model that refuses a call can be used as before.
#pragma once

#include <stdexcept>
#include <string>

#include "lamina/export.h"

namespace lamina {

// What went wrong, as a class that callers can act on; Python raises the
// exception named on the right.
enum class ErrorKind {
  value,  // ValueError: a wrong shape, size, name or number
  type,   // TypeError: a wrong dtype or kind of object
  index,  // ValueError: an index or label out of range
  io,     // OSError: a file cannot be read or written
  state,  // RuntimeError: called in the wrong order
};

class LAMINA_API Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

// Throws an Error whose text has the four parts every message of the library
// has.
[[noreturn]] LAMINA_API void fail(ErrorKind kind, const std::string& what_happened, const std::string& expected,
                                  const std::string& received, const std::string& how_to_fix);

}  // namespace lamina
