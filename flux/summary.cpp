#include <cxxabi.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <flux/summary.hpp>
#include <memory>

namespace flux::internal {

std::string short_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> full(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                    std::free);
  std::string name = status == 0 ? full.get() : type.name();
  name.resize(std::min(name.find('<'), name.size()));
  const auto scope = name.rfind("::");
  return scope == std::string::npos ? name : name.substr(scope + 2);
}

std::string summary_table(const std::vector<SummaryRow>& rows) {
  const auto grouped = [](std::size_t n) {
    auto text = std::to_string(n);
    for (auto i = static_cast<std::ptrdiff_t>(text.size()) - 3; i > 0; i -= 3)
      text.insert(static_cast<std::size_t>(i), ",");
    return text;
  };
  std::vector<std::array<std::string, 4>> lines;
  std::array<std::size_t, 4> widths{};
  for (const auto& row : rows) {
    lines.push_back({row.path, row.type, row.contents, grouped(row.parameters)});
    for (std::size_t i = 0; i < 4; ++i) widths[i] = std::max(widths[i], lines.back()[i].size());
  }
  std::string table;
  for (auto& line : lines) {
    for (std::size_t i = 0; i < 3; ++i) table += line[i] + std::string(widths[i] + 2 - line[i].size(), ' ');
    table += std::string(widths[3] - line[3].size(), ' ') + line[3] + "\n";
  }
  return table;
}

}  // namespace flux::internal
