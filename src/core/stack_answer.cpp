#include "core/stack_answer.hpp"
#include <charconv>

namespace stint {
namespace {

constexpr std::string_view kBegin = "begin of look ";
constexpr std::string_view kEndLine = "end of look ";

std::optional<int> parse(std::string_view line, std::string_view prefix) {
  if (!line.starts_with(prefix)) return std::nullopt;
  line.remove_prefix(prefix.size());
  int look = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), look);
  if (error != std::errc{} || end != line.data() + line.size() || look < 1) return std::nullopt;
  return look;
}

}  // namespace

std::string begin_of_stacks(int look) { return std::string{kBegin} + std::to_string(look); }
std::string end_of_stacks(int look) { return std::string{kEndLine} + std::to_string(look); }

std::optional<int> parse_begin_of_stacks(std::string_view line) { return parse(line, kBegin); }
std::optional<int> parse_end_of_stacks(std::string_view line) { return parse(line, kEndLine); }

}  // namespace stint
