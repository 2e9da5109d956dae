#include "core/explain_words.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include "base/duration.hpp"

namespace stint {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

std::string rough_duration(nanoseconds duration) {
  const nanoseconds length = std::max(duration, nanoseconds{0});
  nanoseconds digit = std::chrono::milliseconds{100};
  if (length >= seconds{10}) digit = seconds{1};
  if (length >= hours{1}) digit = minutes{1};
  if (length >= hours{48}) digit = hours{1};
  return format_duration(length - length % digit);
}

std::string count_of(std::int64_t number, std::string_view thing) {
  return fmt::format("{} {}{}", number, thing, number == 1 ? "" : "s");
}

std::string name_of(const WorkerRecord& worker) {
  return fmt::format("worker {} (process {} on {})", worker.id.value, worker.info.pid,
                     worker.info.host);
}

std::string stored_error_message(std::string_view error_json) {
  const auto error = nlohmann::json::parse(error_json, nullptr, /*allow_exceptions=*/false);
  if (!error.is_object()) return {};
  const auto message = error.find("message");
  return message != error.end() && message->is_string() ? message->get<std::string>()
                                                        : std::string{};
}

}  // namespace stint
