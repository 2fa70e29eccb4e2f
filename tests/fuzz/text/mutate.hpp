// Text for the compiler to survive: random bytes, random tokens, deep nesting, and broken programs.
#pragma once
#include <string>
#include <vector>

#include "../random.hpp"

namespace fuzz {

/// Words, numbers, strings, spaces and single other characters; together they are the text.
std::vector<std::string> pieces_of(const std::string& text);

/// A random input; `corpus` holds programs, of which most inputs are made,
/// and some nest brackets or statements up to `depth`.
std::string random_input(Random& random, const std::vector<std::string>& corpus, int depth);

}  // namespace fuzz
