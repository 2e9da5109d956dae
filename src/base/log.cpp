#include "base/log.hpp"
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <ctime>
#include <memory>
#include <utility>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include "base/mutex.hpp"
#include "base/utf8.hpp"

namespace stint {
namespace {

using SinkFunction = std::function<void(const LogLine&)>;

constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warning", "error"};
constexpr std::array<std::string_view, 4> kUpperNames = {"DEBUG", "INFO", "WARNING", "ERROR"};

// How deep the calling thread is within sinks: more than zero only while one of them logs itself.
thread_local int calls_within_sink = 0;

// The two sinks and who is within them. Calls are made without the lock, and replacing a sink waits
// for those that have begun.
class Sinks final {
 public:
  enum class Slot : std::uint8_t { kProgram, kDefault };

  void replace(Slot slot, SinkFunction function) {
    std::shared_ptr<Sink> next;
    if (function) next = std::make_shared<Sink>(std::move(function));
    MutexLock lock{mutex_};
    const std::shared_ptr<Sink> former =
        std::exchange(slot == Slot::kProgram ? program_ : default_, std::move(next));
    if (!former || calls_within_sink > 0) return;  // its own call would never end
    while (former->calls > 0) ended_.wait(lock);
  }

  void write(const LogLine& line) {
    const std::shared_ptr<Sink> sink = begin_call();
    if (!sink) {
      write_to_standard_error(line);
      return;
    }
    const EndOfCall end{*this, *sink};
    sink->function(line);
  }

 private:
  struct Sink {
    explicit Sink(SinkFunction f) : function(std::move(f)) {}
    SinkFunction function;
    int calls = 0;  // guarded by the mutex of Sinks
  };

  struct EndOfCall {
    EndOfCall(Sinks& of, Sink& called) : sinks(of), sink(called) { ++calls_within_sink; }
    ~EndOfCall() {
      --calls_within_sink;
      const MutexLock lock{sinks.mutex_};
      --sink.calls;
      sinks.ended_.notify_all();
    }
    EndOfCall(const EndOfCall&) = delete;
    EndOfCall& operator=(const EndOfCall&) = delete;
    Sinks& sinks;
    Sink& sink;
  };

  std::shared_ptr<Sink> begin_call() {
    const MutexLock lock{mutex_};
    std::shared_ptr<Sink> sink = program_ ? program_ : default_;
    if (sink) ++sink->calls;
    return sink;
  }

  Mutex mutex_;
  CondVar ended_;
  std::shared_ptr<Sink> program_ STINT_GUARDED_BY(mutex_);
  std::shared_ptr<Sink> default_ STINT_GUARDED_BY(mutex_);
};

// Never destroyed: threads and static destructors may still log when main has returned.
Sinks& sinks() {
  static auto& instance = *new Sinks;  // NOLINT(cppcoreguidelines-owning-memory)
  return instance;
}

class Levels final {
 public:
  void set(LogLevels levels) {
    auto next = std::make_shared<const LogLevels>(std::move(levels));
    LogLevel lowest = next->level;
    for (const auto& [name, level] : next->loggers) lowest = std::min(lowest, level);
    const MutexLock lock{mutex_};
    levels_ = std::move(next);
    lowest_.store(lowest, std::memory_order_relaxed);
  }

  bool enabled(std::string_view logger, LogLevel level) {
    if (level < lowest_.load(std::memory_order_relaxed)) return false;
    std::shared_ptr<const LogLevels> levels;
    {
      const MutexLock lock{mutex_};
      levels = levels_;
    }
    for (std::string_view name = logger; !name.empty();) {
      if (const auto found = levels->loggers.find(name); found != levels->loggers.end()) {
        return level >= found->second;
      }
      const std::size_t dot = name.rfind('.');
      name = dot == std::string_view::npos ? std::string_view{} : name.substr(0, dot);
    }
    return level >= levels->level;
  }

 private:
  Mutex mutex_;
  std::shared_ptr<const LogLevels> levels_ STINT_GUARDED_BY(mutex_) =
      std::make_shared<const LogLevels>();
  std::atomic<LogLevel> lowest_ = LogLevel::kInfo;
};

Levels& process_levels() {
  static auto& instance = *new Levels;  // NOLINT(cppcoreguidelines-owning-memory)
  return instance;
}

}  // namespace

void write_to_standard_error(const LogLine& line) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(line.time);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  const std::string text =
      fmt::format("{:%Y-%m-%d %H:%M:%S} {} {} {}\n", local, line.logger,
                  kUpperNames.at(static_cast<std::size_t>(line.level)), escape_controls(line.text));
  // One write: lines of several threads and processes do not mix. Nothing can be done if it fails.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

std::string_view to_string(LogLevel level) {
  return kLevelNames.at(static_cast<std::size_t>(level));
}

std::string_view to_string(LogSource source) {
  constexpr std::array<std::string_view, 4> kNames = {"log", "stdout", "stderr", "stack"};
  return kNames.at(static_cast<std::size_t>(source));
}

std::optional<LogLevel> parse_log_level(std::string_view name) {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames.at(i) == name) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

std::string escape_controls(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      escaped += "\\n";
    } else if (c == '\r') {
      escaped += "\\r";
    } else if (c == '\t') {
      escaped += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      escaped += fmt::format("\\x{:02x}", byte);
    } else {
      escaped += c;
    }
  }
  return escaped;
}

void set_log_sink(std::function<void(const LogLine&)> sink) {
  sinks().replace(Sinks::Slot::kProgram, std::move(sink));
}

void set_default_log_sink(std::function<void(const LogLine&)> sink) {
  sinks().replace(Sinks::Slot::kDefault, std::move(sink));
}

void set_log_levels(LogLevels levels) { process_levels().set(std::move(levels)); }

bool log_enabled(std::string_view logger, LogLevel level) noexcept {
  try {
    return process_levels().enabled(logger, level);
  } catch (...) {
    return true;
  }
}

void write_log(LogLevel level, std::string_view logger, std::string_view text) noexcept {
  if (calls_within_sink > 0) return;  // a sink that logs would never end
  try {
    const LogLine line{.level = level,
                       .logger = sanitize_text(logger),
                       .text = sanitize_text(text),
                       .time = std::chrono::system_clock::now()};
    try {
      sinks().write(line);
    } catch (...) {
      write_to_standard_error(line);
    }
  } catch (...) {
    // Out of memory. The line is lost; the program that wanted to write it is not.
    constexpr std::string_view kLost = "stint: a log line was lost: out of memory\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kLost.data(), kLost.size());
  }
}

namespace detail {

void format_log(LogLevel level, std::string_view logger, fmt::string_view format,
                fmt::format_args args) noexcept {
  try {
    write_log(level, logger, fmt::vformat(format, args));
  } catch (...) {
    write_log(level, logger, std::string_view{format.data(), format.size()});
  }
}

}  // namespace detail
}  // namespace stint
