// Programs that the compiler refuses: refused.txt holds them, with the position and the message in a comment on the
// line that is to blame. Also: what a diagnostic looks like, that text of any kind is survived, and which loops run
// their iterations one by one.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <zygote/compiler/compile.hpp>

using namespace zygote::compiler;

namespace {
std::string read(const char* path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}
}  // namespace

TEST_CASE("every refused program is refused at its place with its message") {
  std::stringstream table(read(REFUSED_TABLE) + "---\n");
  std::string line, program, expected;
  int number = 0, programs = 0;
  while (std::getline(table, line)) {
    if (line != "---") {
      program += line + "\n";
      ++number;
      if (const auto at = line.find("// error "); at != std::string::npos) {
        const auto colon = line.find(": ", at);
        expected = "t.cpp:" + std::to_string(number) + ":" + line.substr(at + 9, colon - at - 9) +
                   ": error: " + line.substr(colon + 2) + "\n";
      }
      continue;
    }
    const Output output = compile("t.cpp", program);
    REQUIRE_MESSAGE(!output.errors.empty(), program);
    CHECK(output.errors[0].substr(0, expected.size()) == expected);
    CHECK(output.text.empty());
    program.clear();
    number = 0;
    ++programs;
  }
  CHECK(programs > 30);
}

TEST_CASE("a diagnostic shows the line, a caret and advice; every marked item gets its own") {
  const Output output = compile(
      "a/b.cpp",
      "ZYGOTE double f(double x) {\n  goto end;\n}\nZYGOTE double g(double x) {\n\ttry { x = 1; } catch (...) {}\n}\n");
  REQUIRE(output.errors.size() == 2);
  CHECK(output.errors[0] ==
        "a/b.cpp:2:3: error: 'goto' cannot be differentiated\n    goto end;\n    ^\n"
        "  advice: use a loop, break, continue or return\n");
  CHECK(output.errors[1].substr(0, 12) == "a/b.cpp:5:2:");
}

TEST_CASE("the code around marked code is copied byte for byte") {
  const std::string before = "// \"ZYGOTE\" R\"(ZYGOTE)\"\n#define A(x) x\\\n + 1\nauto s = R\"(}}})\";\r\n",
                    after = " int z;\n/* end */";
  const Output output = compile("t.cpp", before + "ZYGOTE double f(double x) { return x; }" + after);
  REQUIRE(output.errors.empty());
  CHECK(output.text.find(before) != std::string::npos);
  CHECK(output.text.ends_with(after));
  CHECK(compile("t.cpp", before).text == before);
}

TEST_CASE("prefixes of a program are handled or refused, never fatal") {
  const std::string program = read(SOME_PROGRAM);
  for (std::size_t n = 0; n < program.size(); n += 7) {
    const Output output = compile("t.cpp", program.substr(0, n));
    CHECK((output.errors.empty() || output.text.empty()));
  }
}

TEST_CASE("every stage of power can be shown on one screen") {
  const std::string power =
      "ZYGOTE double power(double x, int n) {\n  double r = 1;\n  while (n > 0) { r *= x; --n; }\n  return r;\n}\n";
  CHECK(compile("t.cpp", power, Stage::ir).text ==
        "fn power(x_1, n_1)\n"
        "  r_1 = as double 1\n"
        "  n_4, r_4 = loop (n_3 = n_1, r_3 = r_1)\n"
        "    test\n"
        "      with n_2 = n_3, r_2 = r_3\n"
        "      test_1 = plain > n_2 0\n"
        "      yield test_1\n"
        "    body\n"
        "      v_1 = mul r_3 x_1\n"
        "      v_2 = sub n_3 1\n"
        "      next v_2, v_1\n"
        "  return r_4\n");
  for (Stage stage : {Stage::tokens, Stage::tree, Stage::ir, Stage::adjoint, Stage::cpp})
    CHECK(!compile("t.cpp", power, stage).text.empty());
  const std::string adjoint = compile("t.cpp", power, Stage::adjoint).text;
  CHECK(std::count(adjoint.begin(), adjoint.end(), '\n') < 50);
}

TEST_CASE("loops run one by one where their iterations meet in sums only") {
  const std::string text = compile("t.cpp", read(ONE_BY_ONE), Stage::adjoint).text;
  const std::vector<std::pair<std::string, int>> loops = {
      {"mean_square", 1},     {"branches", 1},  {"scratch", 1},          {"with_penalty", 3},
      {"nested", 1},          {"mixed", 1},     {"throws", 1},           {"sum_of_squares", 1},
      {"written_between", 1}, {"left_over", 0}, {"root_mean_square", 0}, {"read_elsewhere", 0},
      {"too_short", 0},       {"swapped", 0},   {"read_behind", 0},      {"two_sums", 0},
      {"guarded", 0}};
  for (const auto& [name, n] : loops) {
    const auto begin = text.find("fn " + name + "(");
    REQUIRE_MESSAGE(begin != std::string::npos, name);
    const std::string function = text.substr(begin, text.find("\nfn ", begin) - begin), mark = "(one by one)";
    int found = 0;
    for (auto at = function.find(mark); at != std::string::npos; at = function.find(mark, at + 1)) ++found;
    CHECK_MESSAGE(found == n, name);
  }
}
