// The only source that knows spdlog.
#include "config/logging.hpp"
#include <array>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include <spdlog/formatter.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include "base/log.hpp"
#include "base/time_format.hpp"
#include "config/log_file.hpp"
#include "config/log_outputs.hpp"
#include "config/log_socket.hpp"
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
std::string_view upper_name(LogLevel level) {
  constexpr std::array<std::string_view, 4> kNames = {"DEBUG", "INFO", "WARNING", "ERROR"};
  return kNames.at(static_cast<std::size_t>(level));
}

class UpperLevelFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& line, const std::tm&,
              spdlog::memory_buf_t& to) override {
    const std::string_view name = upper_name(stint_level(line.level));
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

enum class LineFormat : std::uint8_t { kText, kJson };

std::unique_ptr<spdlog::formatter> make_formatter(LineFormat format) {
  return format == LineFormat::kJson ? std::make_unique<JsonFormatter>() : text_formatter();
}

// JSON escapes for itself.
std::string plain_text(LineFormat format, const LogLine& line) {
  return format == LineFormat::kJson ? line.text : escape_controls(line.text);
}

spdlog::details::log_msg message(const LogLine& line, const std::string& text) {
  return {line.time, spdlog::source_loc{}, line.logger, spdlog_level(line.level), text};
}

LogOutputs::Write console_output(const Settings& settings, LineFormat format) {
  const auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>(
      color_mode(settings.get<std::string>("logging.color")));
  sink->set_formatter(make_formatter(format));
  return [sink, format](const LogLine& line) {
    const std::string text = plain_text(format, line);
    sink->log(message(line, text));
    sink->flush();
    return std::nullopt;
  };
}

LogOutputs::Write file_output(const Settings& settings, LineFormat format) {
  const auto file = std::make_shared<LogFile>(
      settings.get<std::string>("logging.file"),
      LogRotation{.max_bytes = settings.get<std::int64_t>("logging.rotate_size"),
                  .daily = settings.get<bool>("logging.rotate_daily"),
                  .keep = settings.get<int>("logging.rotate_keep")});
  const std::shared_ptr<const spdlog::formatter> formatter = make_formatter(format);
  return [file, formatter, format](const LogLine& line) {
    const std::string text = plain_text(format, line);
    spdlog::memory_buf_t bytes;
    // A formatter keeps what it has found out of the time: each line has its own.
    formatter->clone()->format(message(line, text), bytes);
    return file->append({bytes.data(), bytes.size()}, line.time);
  };
}

LogOutputs::Write syslog_output(const Settings& settings) {
  const auto socket = std::make_shared<LogSocket>(
      settings.get<std::string>("logging.syslog_socket"), "logging.syslog_socket");
  const int facility = syslog_facility(settings.get<std::string>("logging.syslog_facility"));
  return [socket, facility,
          ident = settings.get<std::string>("logging.ident")](const LogLine& line) {
    const std::string text =
        fmt::format("{} {} {}", line.logger, upper_name(line.level), escape_controls(line.text));
    socket->send(syslog_datagram(facility, ident, line, text));
    return std::nullopt;
  };
}

LogOutputs::Write journald_output(const Settings& settings) {
  const auto socket = std::make_shared<LogSocket>(
      settings.get<std::string>("logging.journald_socket"), "logging.journald_socket");
  return [socket, ident = settings.get<std::string>("logging.ident")](const LogLine& line) {
    socket->send(journald_datagram(ident, line));
    return std::nullopt;
  };
}

std::vector<std::string> output_names(const Settings& settings) {
  if (auto names = settings.find<std::vector<std::string>>("logging.outputs")) {
    return *std::move(names);
  }
  const std::string file = settings.find<std::string>("logging.file").value_or("");
  return {file.empty() ? "console" : "file"};
}

LogOutputs::Write make_output(const Settings& settings, const std::string& name) {
  const LineFormat format =
      settings.get<std::string>("logging.format") == "json" ? LineFormat::kJson : LineFormat::kText;
  if (name == "file") return file_output(settings, format);
  if (name == "syslog") return syslog_output(settings);
  if (name == "journald") return journald_output(settings);
  return console_output(settings, format);
}

}  // namespace

void configure_logging(const Settings& settings) {
  LogLevels levels{.level = level_of(settings, "logging.level")};
  collect_levels(settings, "logging.levels", "", levels);
  const auto outputs = std::make_shared<LogOutputs>();
  for (const std::string& name : output_names(settings)) {
    outputs->add(make_output(settings, name));
  }
  set_default_log_sink([outputs](const LogLine& line) { outputs->write(line); });
  set_log_levels(std::move(levels));
}

}  // namespace stint
