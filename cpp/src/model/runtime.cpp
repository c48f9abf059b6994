#include "lamina/runtime.h"

#include "kernels/table.h"

namespace lamina {

const char* version() { return LAMINA_VERSION; }
const char* isa_level() { return kernels::table().level; }

}  // namespace lamina
