#include "lamina/error.h"

namespace lamina {

void fail(ErrorKind kind, const std::string& what_happened, const std::string& expected, const std::string& received,
          const std::string& how_to_fix) {
  throw Error(kind, what_happened + ". Expected: " + expected + ". Received: " + received + ". " + how_to_fix);
}

}  // namespace lamina
