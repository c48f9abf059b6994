// Suggestions for misspelt names.
#pragma once

#include <string>
#include <vector>

namespace lamina {

// The three names nearest to `name` by edit distance, as "a, b, c".
std::string nearest(const std::string& name, std::vector<std::string> names);

}  // namespace lamina
