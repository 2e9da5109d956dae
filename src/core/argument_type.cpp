#include <algorithm>
#include <array>
#include <utility>
#include "stint/arg.hpp"

namespace stint {
namespace {

using Entry = std::pair<ArgumentType, std::string_view>;

// The names are stored in the tasks' specifications: they never change.
constexpr std::array kNames = {
    Entry{ArgumentType::kAny, "any"},           Entry{ArgumentType::kBoolean, "boolean"},
    Entry{ArgumentType::kInteger, "integer"},   Entry{ArgumentType::kNumber, "number"},
    Entry{ArgumentType::kString, "string"},     Entry{ArgumentType::kBytes, "bytes"},
    Entry{ArgumentType::kTime, "time"},         Entry{ArgumentType::kDay, "day"},
    Entry{ArgumentType::kDuration, "duration"}, Entry{ArgumentType::kArray, "list"},
    Entry{ArgumentType::kObject, "object"},     Entry{ArgumentType::kTimeOfDay, "time_of_day"},
};

}  // namespace

std::string_view to_string(ArgumentType type) {
  const auto* const found = std::ranges::find(kNames, type, &Entry::first);
  return found == kNames.end() ? std::string_view{"unknown"} : found->second;
}

std::optional<ArgumentType> parse_argument_type(std::string_view name) {
  const auto* const found = std::ranges::find(kNames, name, &Entry::second);
  if (found == kNames.end()) return std::nullopt;
  return found->first;
}

}  // namespace stint
