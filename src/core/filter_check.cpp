#include "core/filter_check.hpp"
#include <string_view>
#include <fmt/core.h>
#include "base/utf8.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

void check_text(std::string_view text, std::string_view name) {
  if (is_valid_utf8(text) && !has_nul(text)) return;
  constexpr std::size_t kMostShown = 100;
  throw Error{ErrorCode::kInvalid, fmt::format("the filter {} \"{}\" must be UTF-8 without NUL",
                                               name, sanitize_text(text.substr(0, kMostShown)))};
}

}  // namespace

void check_filter(const JobFilter& filter) {
  check_text(filter.task, "task");
  check_text(filter.domain, "domain");
  check_text(filter.tag, "tag");
}

void check_filter(const PurgeFilter& filter) { check_text(filter.domain, "domain"); }

}  // namespace stint
