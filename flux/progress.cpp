#include <unistd.h>

#include <cstdio>
#include <flux/progress.hpp>

namespace flux {

std::string progress_line(const ProgressOptions& options, std::size_t done, std::size_t steps, std::size_t samples,
                          double seconds) {
  constexpr std::size_t width = 30;
  const double fraction = steps == 0 ? 0 : static_cast<double>(done) / static_cast<double>(steps);
  const auto filled = static_cast<std::size_t>(fraction * width);
  std::string line = options.label + (options.label.empty() ? "[" : " [") + std::string(filled, '=') +
                     std::string(width - filled, ' ') + "] ";
  line += std::to_string(done) + (steps == 0 ? "" : "/" + std::to_string(steps));
  char text[64];
  if (seconds > 0 && samples != 0) {
    std::snprintf(text, sizeof text, "  %.0f samples/s", fraction * static_cast<double>(samples) / seconds);
    line += text;
  }
  if (options.loss) {
    std::snprintf(text, sizeof text, "  loss %.4f", static_cast<double>(*options.loss));
    line += text;
  }
  return line;
}

Meter::Meter(ProgressOptions options, std::size_t steps, std::size_t samples)
    : options_(std::move(options)),
      steps_(steps),
      samples_(samples),
      quiet_(!isatty(STDERR_FILENO)),
      start_(Clock::now()),
      drawn_(start_) {}

void Meter::step() {
  ++done_;
  if (quiet_) return;
  const auto now = Clock::now();
  if (now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  std::fprintf(stderr, "\r%s\033[K", progress_line(options_, done_, steps_, samples_, seconds).c_str());
}

Meter::~Meter() {
  if (drawn_ != start_) std::fputs("\r\033[K", stderr);  // only a bar that was drawn is removed
}

}  // namespace flux
