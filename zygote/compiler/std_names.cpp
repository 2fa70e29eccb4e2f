// names of the standard library -> what they are
#include "std_names.hpp"

#include <map>
#include <sstream>
#include <utility>

namespace zygote::compiler {
namespace {

// A new name is added here, and nowhere else.
const std::pair<StdName, const char*> kNames[] = {
    {StdName::integer, "size_t ptrdiff_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t"},
    {StdName::type,
     "array vector deque list map unordered_map pair tuple optional variant monostate complex span string_view "
     "function unique_ptr shared_ptr"},
    {StdName::inert_container, "stack queue priority_queue set multiset unordered_set string basic_string bitset"},
    {StdName::generator,
     "random_device default_random_engine mt19937 mt19937_64 minstd_rand minstd_rand0 knuth_b ranlux24 ranlux48 "
     "ranlux24_base ranlux48_base mersenne_twister_engine linear_congruential_engine subtract_with_carry_engine "
     "discard_block_engine independent_bits_engine shuffle_order_engine "
     "normal_distribution lognormal_distribution uniform_real_distribution uniform_int_distribution "
     "bernoulli_distribution binomial_distribution negative_binomial_distribution geometric_distribution "
     "poisson_distribution exponential_distribution gamma_distribution weibull_distribution "
     "extreme_value_distribution chi_squared_distribution cauchy_distribution fisher_f_distribution "
     "student_t_distribution discrete_distribution piecewise_constant_distribution piecewise_linear_distribution"},
    {StdName::function,
     "accumulate inner_product transform transform_reduce reduce for_each fill copy any_of all_of none_of count "
     "count_if "
     "reverse sort stable_sort partial_sum inclusive_scan exclusive_scan transform_inclusive_scan adjacent_difference "
     "iota generate fill_n copy_n "
     "replace_if copy_if erase_if apply back_inserter shuffle next_permutation prev_permutation swap exchange "
     "make_pair make_tuple "
     "make_shared make_unique get get_if "
     "holds_alternative visit move begin end prev next size min max clamp abs norm real imag conj polar arg"},
    {StdName::search, "find find_if max_element min_element lower_bound upper_bound remove_if"},
};

bool is_one_of(const std::string& word, const std::string& words) {
  return (" " + words + " ").find(" " + word + " ") != std::string::npos;
}

}  // namespace

StdName std_name(const std::string& name) {
  static const auto table = [] {
    std::map<std::string, StdName> all;
    for (const auto& [kind, names] : kNames) {
      std::istringstream words(names);
      for (std::string word; words >> word;) all["std::" + word] = kind;
    }
    return all;
  }();
  const auto found = table.find(name.ends_with('>') ? name.substr(0, name.find('<')) : name);
  return found == table.end() ? StdName::unknown : found->second;
}

bool is_generator(const std::string& type) {
  return std_name(type) == StdName::generator || type == "Rng" || type.ends_with("::Rng");
}

bool gives_element(const std::string& method) { return is_one_of(method, "at front back value"); }

bool changes_inert(const std::string& method) {
  return is_one_of(method, "push pop emplace insert erase clear push_back pop_back append assign set reset flip");
}

}  // namespace zygote::compiler
