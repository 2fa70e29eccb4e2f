// `zygote c++ <usual arguments>`, also as a compiler launcher: processed copies of marked files, then the compiler.
//
// The copies live in a temporary directory that mirrors absolute paths: /p/q.hpp becomes TEMP/p/q.hpp. In front of each
// include directory /d goes TEMP/d, so headers are found in the order of the unprocessed program, and a path inside
// TEMP becomes the user's own path by removing the prefix (in dependency files and debug information).
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "compile.hpp"
#include "driver.hpp"

namespace zygote::compiler {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// `c++` stands for $ZYGOTE_CXX, $CXX, or c++ itself; these may be several words, and may begin with `zygote`.
Arguments compiler_of(const std::string& name) {
  if (name != "c++") return {name};
  for (const char* variable : {"ZYGOTE_CXX", "CXX"}) {
    auto words = split_words(environment(variable));
    if (!words.empty() && Path(words[0]).filename() == "zygote") words.erase(words.begin());
    if (!words.empty()) return words;
  }
  return {name};
}

/// Runs a command; its exit status, or 128 + the signal that ended it.
int run(const Arguments& command) {
  std::vector<char*> words;
  for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const auto child = fork();
  if (child == 0) {
    execvp(words[0], words.data());
    std::cerr << "zygote: error: cannot run '" << command[0] << "': " << std::strerror(errno) << '\n';
    _exit(127);
  }
  for (int stop : {SIGINT, SIGTERM, SIGHUP}) std::signal(stop, SIG_IGN);  // the compiler gets it too; we tidy up
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (child < 0) return 127;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// The directory that contains zygote/zygote.hpp: of the installation or the source tree this program lies in.
Path own_include_directory() {
  std::error_code none;
  for (auto at = fs::read_symlink("/proc/self/exe", none).parent_path(); at.has_relative_path(); at = at.parent_path())
    for (const auto& candidate : {at / "include", at})
      if (fs::exists(candidate / "zygote/zygote.hpp", none)) return candidate;
#ifdef ZYGOTE_INCLUDE_DIR
  if (fs::exists(ZYGOTE_INCLUDE_DIR "/zygote/zygote.hpp", none)) return ZYGOTE_INCLUDE_DIR;
#endif
  return {};
}

class Mirror {
 public:
  Mirror() {
    auto pattern = (fs::temp_directory_path() / "zygote-XXXXXX").string();
    if (mkdtemp(pattern.data())) root_ = pattern;
  }
  ~Mirror() {
    std::error_code none;
    if (environment("ZYGOTE_KEEP").empty())
      fs::remove_all(root_, none);
    else
      std::cerr << "zygote: processed files are in " << root_.string() << '\n';
  }
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;

  const Path& root() const { return root_; }
  Path of(const Path& path) const { return root_ / fs::absolute(path).lexically_normal().relative_path(); }

 private:
  Path root_;
};

/// Writes the processed form of all files that move; false, with messages, if some marked code is refused.
bool write_processed(const std::vector<SourceFile>& files, const Mirror& mirror) {
  bool good = !mirror.root().empty();
  if (!good) std::cerr << "zygote: error: cannot make a directory in " << fs::temp_directory_path() << '\n';
  Definitions all;
  for (const auto& file : files) all.add(file.text);
  for (const auto& file : files) {
    if (!file.moves) continue;
    const auto output = compile(file.path.string(), file.text, Stage::cpp, true, all);
    for (const auto& error : output.errors) std::cerr << error;
    good = good && output.errors.empty() &&
           write_file(mirror.of(file.path), output.marked ? output.text : renamed(file.path, file.text));
    for (auto neighbour : file.neighbours)  // those that stay are included from where they are
      if (const auto& path = files[neighbour].path; !files[neighbour].moves)
        good = good && write_file(mirror.of(path), "#include \"" + path.string() + "\"\n");
  }
  return good;
}

/// The same command line, reading processed files where there are some.
Arguments mirrored(const CommandLine& line, const Mirror& mirror) {
  Arguments command;
  auto add = [&](const std::string& option, const std::string& value) {
    if (!option.empty()) command.push_back(option);
    command.push_back(value);
  };
  for (const auto& [kind, option, value] : line.arguments) {
    const auto copy = kind == Argument::other ? Path() : mirror.of(value);
    const bool copied = !copy.empty() && fs::exists(copy);
    if (kind == Argument::directory && copied) add(option, copy.string());
    add(option, kind == Argument::file && copied ? copy.string() : value);
  }
  return command;
}

/// Makes the dependency files of -MD and -MMD name the user's files.
void restore_dependency_files(const CommandLine& line, const Path& root) {
  std::vector<Path> candidates{line.dependency_file, Path(line.output).replace_extension(".d")};
  for (const auto& file : line.files) {
    const auto name = file.stem().string() + ".d";
    candidates.push_back(name);                                                         // without -o
    candidates.push_back(Path(line.output).replace_extension().string() + "-" + name);  // compiled and linked
    candidates.push_back("a-" + name);
  }
  for (const auto& candidate : candidates) {
    auto text = fs::is_regular_file(candidate) ? read_file(candidate) : std::nullopt;
    if (!text || text->find(root.string()) == text->npos) continue;
    for (auto at = text->find(root.string()); at != text->npos; at = text->find(root.string(), at))
      text->erase(at, root.string().size());
    write_file(candidate, *text);
  }
}

}  // namespace

int run_compiler(const Arguments& command) {
  auto full = compiler_of(command.at(0));
  const bool is_nvcc = Path(full.back()).filename().string().starts_with("nvcc");
  auto line = parse_command({command.begin() + 1, command.end()});
  if (const auto own = own_include_directory(); line.has_sources && !own.empty()) {
    line.arguments.push_back({Argument::directory, "-I", own.string()});
    line.search.angle.push_back(own);
  }
  const auto files = reachable_files(line.files, line.search);
  if (line.only_dependencies || std::ranges::none_of(files, &SourceFile::moves)) {
    full.insert(full.end(), command.begin() + 1, command.end());
    if (line.has_sources && !line.search.angle.empty())
      full.insert(full.end(), {"-I", line.search.angle.back().string()});
    return run(full);
  }
  const Mirror mirror;
  if (!write_processed(files, mirror)) return 1;
  std::ranges::move(mirrored(line, mirror), std::back_inserter(full));
  full.push_back((is_nvcc ? "-Xcompiler=-ffile-prefix-map=" : "-ffile-prefix-map=") + mirror.root().string() + "=");
  const int status = run(full);
  restore_dependency_files(line, mirror.root());
  return status;
}

}  // namespace zygote::compiler
