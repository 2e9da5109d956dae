#include "app/domain_shares.hpp"
#include <charconv>
#include <fmt/format.h>
#include "core/declaration_check.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

[[noreturn]] void refuse(std::string_view part, std::string_view why) {
  throw Error{
      ErrorCode::kUsage,
      fmt::format(
          "\"{}\" is no domain for a worker: {}; write NAME or NAME=SLOTS, several separated "
          "by commas, as in mail=10,bulk=2",
          part, why)};
}

}  // namespace

std::map<std::string, int> parse_domain_shares(std::string_view text) {
  std::map<std::string, int> shares;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view part = text.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t sign = part.find('=');
    const std::string name{part.substr(0, sign)};
    if (name.empty()) refuse(part, "the name is missing");
    if (!is_domain_name(name)) refuse(part, fmt::format("its name must be {}", kDomainForm));
    int slots = 0;
    if (sign != std::string_view::npos) {
      const std::string_view number = part.substr(sign + 1);
      const auto [stop, error] =
          std::from_chars(number.data(), number.data() + number.size(), slots);
      if (error != std::errc{} || stop != number.data() + number.size() || slots < 1 ||
          slots > 1024) {
        refuse(part, "its slots must be a whole number from 1 to 1024");
      }
    }
    if (!shares.emplace(name, slots).second) refuse(part, "it is named twice");
  }
  return shares;
}

std::string format_domain_shares(const std::map<std::string, int>& shares) {
  std::string result;
  for (const auto& [name, slots] : shares) {
    if (!result.empty()) result += ',';
    result += slots > 0 ? fmt::format("{}={}", name, slots) : name;
  }
  return result;
}

}  // namespace stint
