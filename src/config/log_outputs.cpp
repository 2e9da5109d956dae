#include "config/log_outputs.hpp"
#include <exception>
#include <utility>
#include <fmt/format.h>
#include "base/log.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

// Whether it fails is told of already, or will be with the next line.
bool takes(const LogOutputs::Write& write, const LogLine& line) {
  try {
    write(line);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

void LogOutputs::add(Write write) {
  outputs_.push_back(std::make_unique<Output>(std::move(write)));
}

void LogOutputs::write(const LogLine& line) {
  bool is_taken = false;
  std::vector<std::string> news;
  for (const auto& output : outputs_) is_taken = write_to(*output, line, news) || is_taken;
  for (const std::string& text : news) tell(text, line);
  // Whoever called writes the line to standard error.
  if (!is_taken) throw Error{ErrorCode::kUnavailable, "no output has taken the log line"};
}

bool LogOutputs::write_to(Output& output, const LogLine& line, std::vector<std::string>& news) {
  try {
    std::optional<std::string> problem = output.write(line);
    if (problem) news.push_back(*std::move(problem));
    const MutexLock lock{mutex_};
    if (const std::int64_t lost = std::exchange(output.lost, 0); lost > 0) {
      news.push_back(fmt::format("a log output works again; it has not taken {} lines", lost));
    }
    return true;
  } catch (const std::exception& error) {
    const MutexLock lock{mutex_};
    if (output.lost++ == 0) news.emplace_back(error.what());
    return false;
  }
}

void LogOutputs::tell(const std::string& text, const LogLine& after) {
  const LogLine line{
      .level = LogLevel::kWarning, .logger = "logging", .text = text, .time = after.time};
  bool is_taken = false;
  for (const auto& output : outputs_) is_taken = takes(output->write, line) || is_taken;
  if (!is_taken) write_to_standard_error(line);
}

}  // namespace stint
