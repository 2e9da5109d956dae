// The only source that knows spdlog.
#include "config/logging.hpp"
#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <fmt/format.h>
#include <spdlog/formatter.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include "base/log.hpp"
#include "base/time_format.hpp"
#include "stint/error.hpp"
#include "stint/json.hpp"
#include "stint/log.hpp"

namespace stint {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

LogLevel stint_level(spdlog::level::level_enum level) {
  if (level == spdlog::level::debug) return LogLevel::kDebug;
  if (level == spdlog::level::warn) return LogLevel::kWarning;
  if (level == spdlog::level::err) return LogLevel::kError;
  return LogLevel::kInfo;
}

std::string_view view(spdlog::string_view_t text) { return {text.data(), text.size()}; }

// The level as the seeds' programs write it: "WARNING".
class UpperLevelFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& line, const std::tm&,
              spdlog::memory_buf_t& to) override {
    constexpr std::array<std::string_view, 4> kNames = {"DEBUG", "INFO", "WARNING", "ERROR"};
    const std::string_view name = kNames.at(static_cast<std::size_t>(stint_level(line.level)));
    to.append(name.data(), name.data() + name.size());
  }

  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<UpperLevelFlag>();
  }
};

// "2020-07-03 14:53:25 helloworld.task.HelloWorld INFO Run task", in local time.
std::unique_ptr<spdlog::formatter> text_formatter() {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<UpperLevelFlag>('*').set_pattern("%Y-%m-%d %H:%M:%S %n %^%*%$ %v");
  return formatter;
}

// One JSON object a line, in UTC.
class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& line, spdlog::memory_buf_t& to) override {
    const json object = {{"time", format_time(line.time)},
                         {"level", to_string(stint_level(line.level))},
                         {"logger", view(line.logger_name)},
                         {"text", view(line.payload)}};
    std::string text = object.dump(-1, ' ', false, json::error_handler_t::replace);
    text += '\n';
    to.append(text.data(), text.data() + text.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }
};

std::shared_ptr<spdlog::sinks::sink> open_file(const std::string& path) {
  try {
    return std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
  } catch (const spdlog::spdlog_ex& error) {
    throw Error{ErrorCode::kConfiguration,
                "the log file \"" + path + "\" (logging.file) cannot be opened: " + error.what() +
                    "; name one in a folder that can be written to"};
  }
}

spdlog::color_mode color_mode(const std::string& color) {
  if (color == "always") return spdlog::color_mode::always;
  const char* no_color = std::getenv("NO_COLOR");
  const bool never = color == "never" || (no_color != nullptr && *no_color != '\0');
  return never ? spdlog::color_mode::never : spdlog::color_mode::automatic;
}

LogLevel level_of(const Settings& settings, const std::string& key) {
  return parse_log_level(settings.get<std::string>(key)).value_or(LogLevel::kInfo);
}

// Loggers have dots in their names, so that one may stand in several tables within another.
void collect_levels(const Settings& settings, const std::string& prefix, const std::string& logger,
                    LogLevels& levels) {
  const std::string key = logger.empty() ? prefix : prefix + "." + logger;
  if (!logger.empty() && settings.source(key) != "not set") {
    levels.loggers[logger] = level_of(settings, key);
  }
  for (const std::string& name : settings.names(key)) {
    collect_levels(settings, prefix, logger.empty() ? name : fmt::format("{}.{}", logger, name),
                   levels);
  }
}

}  // namespace

void configure_logging(const Settings& settings) {
  LogLevels levels{.level = level_of(settings, "logging.level")};
  collect_levels(settings, "logging.levels", "", levels);
  const std::string file = settings.find<std::string>("logging.file").value_or("");
  const bool as_json = settings.get<std::string>("logging.format") == "json";
  const auto mode = color_mode(settings.get<std::string>("logging.color"));
  const std::shared_ptr<spdlog::sinks::sink> sink =
      file.empty() ? std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>(mode)
                   : open_file(file);
  sink->set_formatter(as_json ? std::make_unique<JsonFormatter>() : text_formatter());
  set_default_log_sink([sink, as_json](const LogLine& line) {
    // JSON escapes for itself.
    const std::string text = as_json ? line.text : escape_controls(line.text);
    sink->log(spdlog::details::log_msg{line.time, spdlog::source_loc{}, line.logger,
                                       spdlog_level(line.level), text});
    sink->flush();
  });
  set_log_levels(std::move(levels));
}

}  // namespace stint
