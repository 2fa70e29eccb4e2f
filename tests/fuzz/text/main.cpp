// Feeds the compiler with text that is not C++, or hardly. Whatever it is, compile() returns soon, with text or errors.
//
// A child process does the work and says in shared memory where it is, so that a crash has a number; the number and the
// corpus determine the input. POSIX.
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <zygote/compiler/compile.hpp>

#include "mutate.hpp"

namespace {

constexpr const char* usage =
    R"(usage: fuzz_text [--seed S] [--count N] [--limit MILLISECONDS] [--depth D] [--failures DIR] [--shrink] [--print] FILE...
  --seed, --count   inputs S, S + 1, ...
  --limit           how long one input may take (5000)
  --depth           how deep brackets and statements may nest (40000, deeper than any stack)
  --failures        where inputs that fail are written, shortest first of each kind with --shrink (fuzz-failures)
  --print           print the inputs instead of compiling them
  FILE              programs to mutate
)";

struct Options {
  std::uint64_t seed = 1, count = 1000;
  int limit = 5000, depth = 40000;
  std::string failures = "fuzz-failures";
  bool shrink = false, print = false;
  std::vector<std::string> corpus{};
};

struct Input {
  std::string text;
  zygote::compiler::Stage stage;
};

struct Progress {  // shared by parent and child
  std::uint64_t at, accepted, refused, unmarked;
  char problem[200];
};

Input input(std::uint64_t number, const Options& options) {
  fuzz::Random random{number};
  const auto stage = random.chance(70) ? 4 : random.below(5);
  return {random_input(random, options.corpus, options.depth), static_cast<zygote::compiler::Stage>(stage)};
}

// Empty if all is well.
std::string problem_with(const Input& input, Progress& progress) {
  try {
    const auto output = zygote::compiler::compile("t.cpp", input.text, input.stage);
    if (!output.errors.empty() && !output.text.empty()) return "both text and errors";
    for (const auto& error : output.errors)
      if (!error.starts_with("t.cpp:")) return "an error without a place: " + error;
    if (!output.marked && output.errors.empty() && input.stage == zygote::compiler::Stage::cpp &&
        output.text != input.text)
      return "unmarked text is changed";
    ++(!output.errors.empty() ? progress.refused : output.marked ? progress.accepted : progress.unmarked);
    return "";
  } catch (const std::exception& error) {
    return std::string("exception: ") + error.what();
  }
}

void set_limits(int milliseconds) {
#ifndef __SANITIZE_ADDRESS__
  const rlimit memory{rlim_t(2) << 30, rlim_t(2) << 30};
  setrlimit(RLIMIT_AS, &memory);
#endif
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  const itimerval timer{{0, 0}, {milliseconds / 1000, milliseconds % 1000 * 1000}};
  setitimer(ITIMER_REAL, &timer, nullptr);
}

// Runs `work` in a child; returns what is wrong: what `work` says, or how the child died.
template <class Work>
std::string in_child(Progress& progress, const Work& work) {
  progress.problem[0] = 0;
  const pid_t child = fork();
  if (child == 0) {
    const std::string problem = work();
    std::strncpy(progress.problem, problem.c_str(), sizeof progress.problem - 1);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status))
    return WTERMSIG(status) == SIGALRM ? "slow" : std::string("signal: ") + strsignal(WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) return "exit " + std::to_string(WEXITSTATUS(status));
  return progress.problem;
}

std::string problem_alone(const Input& input, const Options& options, Progress& progress) {
  return in_child(progress, [&] {
    close(STDERR_FILENO);  // said once already
    set_limits(options.limit);
    return problem_with(input, progress);
  });
}

// Leaves pieces out, many at once at first, for as long as the problem stays the same; for a minute at most.
Input shrunk(Input input, const std::string& problem, const Options& options, Progress& progress) {
  auto pieces = fuzz::pieces_of(input.text);
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  for (std::size_t size = std::max<std::size_t>(pieces.size() / 2, 1); size > 0; size /= 2)
    for (std::size_t at = 0; at < pieces.size() && std::chrono::steady_clock::now() < end;) {
      auto fewer = pieces;
      fewer.erase(fewer.begin() + std::ptrdiff_t(at),
                  fewer.begin() + std::ptrdiff_t(std::min(at + size, pieces.size())));
      Input attempt{"", input.stage};
      for (const auto& piece : fewer) attempt.text += piece;
      if (problem_alone(attempt, options, progress) == problem)
        pieces = std::move(fewer);
      else
        at += size;
    }
  input.text.clear();
  for (const auto& piece : pieces) input.text += piece;
  return input;
}

int run(const Options& options) {
  void* shared = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) throw std::runtime_error("no shared memory");
  Progress& progress = *new (shared) Progress{options.seed, 0, 0, 0, ""};
  std::map<std::string, int> problems;
  const std::uint64_t end = options.seed + options.count;
  while (progress.at < end) {
    const std::string problem = in_child(progress, [&]() -> std::string {
      for (; progress.at < end; ++progress.at) {
        set_limits(options.limit);
        if (const auto found = problem_with(input(progress.at, options), progress); !found.empty()) return found;
      }
      return "";
    });
    if (problem.empty()) continue;
    if (++problems[problem] <= 3) {
      std::filesystem::create_directories(options.failures);
      const auto found = input(progress.at, options);
      const auto file = options.failures + "/text-" + std::to_string(progress.at) + ".cpp";
      std::ofstream(file, std::ios::binary)
          << (options.shrink ? shrunk(found, problem, options, progress) : found).text;
      std::cout << file << ": " << problem << " (stage " << int(found.stage) << ")" << std::endl;
    }
    ++progress.at;
  }
  std::cout << "inputs: " << options.count << "; accepted " << progress.accepted << ", refused " << progress.refused
            << ", without marked code " << progress.unmarked << '\n';
  for (const auto& [problem, times] : problems) std::cout << times << " times " << problem << '\n';
  return problems.empty() ? 0 : 1;
}

Options read(int n, char** words) {
  Options options;
  for (int i = 1; i < n; ++i) {
    const std::string word = words[i];
    const auto value = [&] {
      return ++i < n ? std::string(words[i]) : throw std::invalid_argument(word + " needs a value");
    };
    if (word == "--seed")
      options.seed = std::stoull(value());
    else if (word == "--count")
      options.count = std::stoull(value());
    else if (word == "--limit")
      options.limit = std::stoi(value());
    else if (word == "--depth")
      options.depth = std::stoi(value());
    else if (word == "--failures")
      options.failures = value();
    else if (word == "--shrink")
      options.shrink = true;
    else if (word == "--print")
      options.print = true;
    else if (word.starts_with('-'))
      throw std::invalid_argument(usage);
    else {
      std::stringstream text;
      if (!(text << std::ifstream(word, std::ios::binary).rdbuf())) throw std::invalid_argument("cannot read " + word);
      options.corpus.push_back(text.str());
    }
  }
  return options;
}

}  // namespace

int main(int n, char** words) {
  try {
    const Options options = read(n, words);
    if (!options.print) return run(options);
    for (std::uint64_t i = 0; i < options.count; ++i) std::cout << input(options.seed + i, options).text << "\n";
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
