#include "cli/read_value.hpp"
#include <fmt/format.h>
#include "base/duration.hpp"
#include "stint/error.hpp"

namespace stint::cli {

std::chrono::milliseconds read_duration(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration) {
    throw Error{ErrorCode::kUsage,
                fmt::format("\"{}\" is no duration; give {}", text, kDurationForms)};
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(*duration);
}

}  // namespace stint::cli
