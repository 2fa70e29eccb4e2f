// The include graph of a command line: which files have to be processed before a compiler may read them.
//
// A file moves (into the directory of processed files) if it contains the mark, or if it includes a file that moves:
// otherwise its quoted include would find the unprocessed neighbour. Conditions around an #include are not evaluated.
#include <map>

#include "driver.hpp"
#include "source.hpp"

namespace zygote::compiler {
namespace {

namespace fs = std::filesystem;

struct Include {
  std::string name;
  bool quoted;
};

/// The #include of one line, if it is one.
std::optional<Include> include_of(std::string_view line) {
  auto skip_blanks = [&] { line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size())); };
  skip_blanks();
  if (!line.starts_with('#')) return {};
  line.remove_prefix(1);
  skip_blanks();
  if (!line.starts_with("include")) return {};
  line.remove_prefix(7);
  skip_blanks();
  if (!line.starts_with('"') && !line.starts_with('<')) return {};
  const auto end = line.find(line[0] == '"' ? '"' : '>', 1);
  if (end == line.npos) return {};
  return Include{std::string(line.substr(1, end - 1)), line[0] == '"'};
}

std::vector<Include> includes_of(std::string_view text) {
  std::vector<Include> found;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    if (auto include = include_of(text.substr(at, end - at))) found.push_back(*include);
    at = end + 1;
  }
  return found;
}

bool is_runtime(const Path& path) {
  const auto directory = path.parent_path();
  return directory.filename() == "runtime" && directory.parent_path().filename() == "zygote";
}

class Graph {
 public:
  explicit Graph(const IncludePath& search) : search_(search) {}

  std::optional<std::size_t> visit(const Path& file) {
    const auto path = fs::absolute(file).lexically_normal();
    if (auto known = index_.find(path); known != index_.end()) return known->second;
    std::error_code none;
    if (!fs::is_regular_file(path, none) || is_runtime(path)) return {};
    auto text = read_file(path);
    if (!text) return {};
    const auto self = files.size();
    index_[path] = self;
    files.push_back({path, std::move(*text), {}, {}, false});
    files[self].moves = contains_word(files[self].text, "ZYGOTE");
    for (const auto& include : includes_of(files[self].text)) follow(self, include);
    return self;
  }

  std::vector<SourceFile> files;

 private:
  void follow(std::size_t self, const Include& include) {
    if (include.quoted)
      if (auto neighbour = visit(files[self].path.parent_path() / include.name)) {
        files[self].neighbours.push_back(*neighbour);
        files[self].includes.push_back(*neighbour);
        return;
      }
    for (const auto* directories : {&search_.quote, &search_.angle}) {
      if (directories == &search_.quote && !include.quoted) continue;
      for (const auto& directory : *directories)
        if (auto found = visit(directory / include.name)) {
          files[self].includes.push_back(*found);
          return;
        }
    }
  }

  const IncludePath& search_;
  std::map<Path, std::size_t> index_;
};

}  // namespace

std::vector<SourceFile> reachable_files(const std::vector<Path>& sources, const IncludePath& search) {
  Graph graph(search);
  for (const auto& source : sources) graph.visit(source);
  for (bool changed = true; changed;) {
    changed = false;
    for (auto& file : graph.files)
      for (auto i : file.includes)
        if (!file.moves && graph.files[i].moves) file.moves = changed = true;
  }
  return std::move(graph.files);
}

}  // namespace zygote::compiler
