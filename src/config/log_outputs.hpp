/// Hand each log line to several outputs, of which some may fail.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include "base/mutex.hpp"
#include "stint/log.hpp"

namespace stint {

/// Write lines to all outputs. One that fails keeps none of the others from its lines: they tell
/// once that it does, and once when it works again how many lines it has not taken. May be used by
/// several threads.
class LogOutputs final {
 public:
  /// Write a line or throw. What it returns is a problem to tell although the line was written.
  using Write = std::function<std::optional<std::string>(const LogLine&)>;

  void add(Write write);

  /// Throws Error (kUnavailable) if no output has taken the line.
  void write(const LogLine& line);

 private:
  struct Output {
    explicit Output(Write function) : write(std::move(function)) {}
    Write write;
    std::int64_t lost = 0;  // guarded by the mutex; above 0 while it fails
  };

  bool write_to(Output& output, const LogLine& line, std::vector<std::string>& news);
  void tell(const std::string& text, const LogLine& after);

  std::vector<std::unique_ptr<Output>> outputs_;  // constant once lines are written
  Mutex mutex_;
};

}  // namespace stint
