// What the compiler knows names of the standard library to be.
#pragma once
#include <string>

namespace zygote::compiler {

enum class StdName {
  unknown,
  integer,
  type,
  inert_container,  // without an adjoint: methods change it in place
  generator,        // of random numbers: a call changes it
  function,
  search,  // a function that returns an iterator
};
/// By its full name: std::vector<double>, std::sort.
StdName std_name(const std::string& name);

/// Is that a generator of random numbers, or a distribution: of std, or cuarrays::Rng under whatever name?
bool is_generator(const std::string& type);
/// Does a method of containers return a reference to an element?
bool gives_element(const std::string& method);
/// Does a method change an inert container?
bool changes_inert(const std::string& method);

}  // namespace zygote::compiler
