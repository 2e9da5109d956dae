#include "core/trace_context.hpp"
#include <algorithm>
#include <cstdlib>
#include <utility>

namespace stint {
namespace {

constexpr std::size_t kLength = 55;

bool is_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

const json* find(const json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string from_environment(std::string_view name) {
  const char* const value = std::getenv(std::string{name}.c_str());
  return value == nullptr ? std::string{} : value;
}

}  // namespace

bool is_traceparent(std::string_view text) {
  if (text.size() < kLength) return false;
  const std::string_view version = text.substr(0, 2);
  const std::string_view trace = text.substr(3, 32);
  const std::string_view parent = text.substr(36, 16);
  const bool has_dashes = text[2] == '-' && text[35] == '-' && text[52] == '-';
  if (!has_dashes || !is_hex(version) || !is_hex(trace) || !is_hex(parent) ||
      !is_hex(text.substr(53, 2)) || is_zero(trace) || is_zero(parent) || version == "ff") {
    return false;
  }
  if (text.size() == kLength) return true;
  // A later version may say more behind what this one says.
  const auto is_visible = [](char c) { return c > 0x20 && c < 0x7F; };
  constexpr std::size_t kLongest = 512;
  return version != "00" && text[kLength] == '-' && text.size() <= kLongest &&
         std::ranges::all_of(text, is_visible);
}

std::string traceparent_of(const json& metadata) {
  const json* const value = find(metadata, kTraceparent);
  if (value == nullptr || !value->is_string()) return {};
  const auto& text = value->get_ref<const std::string&>();
  return is_traceparent(text) ? text : std::string{};
}

json inherit_trace(json child, std::string_view traceparent, const json& parent) {
  if (!child.is_null() && !child.is_object()) return child;  // refused where it is enqueued
  if (const json* const own = find(child, kTraceparent)) {
    if (own->is_null()) child.erase(std::string{kTraceparent});
    return child;
  }
  if (traceparent.empty()) return child;
  child[std::string{kTraceparent}] = traceparent;
  const json* const state = find(parent, kTracestate);
  if (state != nullptr && state->is_string() && find(child, kTracestate) == nullptr) {
    child[std::string{kTracestate}] = *state;
  }
  return child;
}

json trace_from_environment(json metadata, bool& is_unfit) {
  const std::string traceparent = from_environment(kTraceparentVariable);
  is_unfit = !traceparent.empty() && !is_traceparent(traceparent);
  json parent = json::object();
  if (std::string state = from_environment(kTracestateVariable); !state.empty()) {
    parent[std::string{kTracestate}] = std::move(state);
  }
  return inherit_trace(std::move(metadata), is_unfit ? std::string{} : traceparent, parent);
}

}  // namespace stint
