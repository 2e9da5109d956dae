#include "core/payload.hpp"
#include <cmath>
#include <limits>
#include <utility>
#include <fmt/format.h>
#include "base/utf8.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr std::string_view kBytesKey = "$stint.bytes";
constexpr int kDeepestPayload = 64;

// Find what no store can hold, and whether there are bytes to take out.
class Checker final {
 public:
  explicit Checker(std::string_view what) : what_(what) {}

  bool has_bytes() const { return has_bytes_; }

  void check(const json& value, const std::string& path, int depth) {
    switch (value.type()) {
      case json::value_t::object:
        check_depth(path, depth);
        for (const auto& [key, member] : value.items()) check_member(key, member, path, depth);
        break;
      case json::value_t::array: {
        check_depth(path, depth);
        std::size_t index = 0;
        for (const json& element : value) {
          check(element, element.is_structured() ? fmt::format("{}[{}]", path, index) : path,
                depth + 1);
          ++index;
        }
        break;
      }
      case json::value_t::string:
        check_text(value.get_ref<const std::string&>(), path, "the string");
        break;
      case json::value_t::number_float:
        if (!std::isfinite(value.get<double>())) fail(path, "NaN and infinity are no JSON");
        break;
      case json::value_t::number_unsigned:
        if (value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
          fail(path, "the integer is out of range: -2^63 to 2^63 - 1");
        }
        break;
      case json::value_t::binary:
        has_bytes_ = true;
        break;
      default:
        break;
    }
  }

 private:
  [[noreturn]] void fail(const std::string& path, std::string_view cause) const {
    const std::string place = path.empty() ? "" : fmt::format(" at \"{}\"", sanitize_text(path));
    throw Error{ErrorCode::kInvalid, fmt::format("{}{}: {}", what_, place, cause)};
  }

  void check_depth(const std::string& path, int depth) const {
    if (depth > kDeepestPayload)
      fail(path, fmt::format("values are nested deeper than {}", kDeepestPayload));
  }

  void check_member(const std::string& key, const json& member, const std::string& path,
                    int depth) {
    const std::string member_path = path.empty() ? key : path + '.' + key;
    check_text(key, member_path, "the key");
    if (key == kBytesKey) fail(path, fmt::format("the key \"{}\" is reserved", kBytesKey));
    check(member, member_path, depth + 1);
  }

  void check_text(const std::string& text, const std::string& path, std::string_view name) const {
    const std::size_t valid = valid_utf8_length(text);
    if (valid < text.size()) {
      fail(path, fmt::format("{} is no UTF-8 from byte {} on; use stint::Bytes for raw bytes", name,
                             valid));
    }
    if (has_nul(text)) {
      fail(path, fmt::format("{} holds a NUL, which cannot be stored; use stint::Bytes", name));
    }
  }

  std::string_view what_;
  bool has_bytes_ = false;
};

json without_bytes(const json& value, std::vector<std::string>& attachments) {
  if (value.is_binary()) {
    const auto& data = value.get_binary();
    attachments.emplace_back(data.begin(), data.end());
    return {{kBytesKey, attachments.size() - 1}, {"size", data.size()}};
  }
  if (!value.is_structured()) return value;
  json result = value.is_array() ? json::array() : json::object();
  if (value.is_array()) {
    for (const json& element : value) result.push_back(without_bytes(element, attachments));
  } else {
    for (const auto& [key, member] : value.items()) {
      result[key] = without_bytes(member, attachments);
    }
  }
  return result;
}

void put_bytes_back(json& value, std::vector<std::string>& attachments) {
  if (value.is_object() && value.contains(kBytesKey)) {
    const auto index = value[kBytesKey].get<std::size_t>();
    if (index >= attachments.size()) {
      throw Error{ErrorCode::kInternal,
                  fmt::format("the store has {} attachments, but attachment {} is referred to",
                              attachments.size(), index)};
    }
    const std::string data = std::move(attachments[index]);
    value = json::binary(json::binary_t::container_type{data.begin(), data.end()});
  } else if (value.is_structured()) {
    for (json& member : value) put_bytes_back(member, attachments);
  }
}

void check_size(std::int64_t size, std::int64_t limit, std::string_view what, std::string_view kind,
                std::string_view key) {
  if (size <= limit) return;
  throw Error{ErrorCode::kInvalid,
              fmt::format("{}: {} bytes of {} are too many; the limit {} is {}", what, size, kind,
                          key, limit)};
}

}  // namespace

Payload pack_payload(const json& value, const PayloadLimits& limits, std::string_view what) {
  Checker checker{what};
  checker.check(value, "", 1);
  Payload payload;
  payload.text =
      checker.has_bytes() ? without_bytes(value, payload.attachments).dump() : value.dump();
  check_size(std::ssize(payload.text), limits.json_bytes, what, "JSON", "limits.max_json");
  std::int64_t attached = 0;
  for (const std::string& one : payload.attachments) attached += std::ssize(one);
  check_size(attached, limits.attachment_bytes, what, "stint::Bytes", "limits.max_bytes");
  return payload;
}

json unpack_payload(std::string_view text, std::vector<std::string> attachments) {
  json value = json::parse(text);
  if (!attachments.empty()) put_bytes_back(value, attachments);
  return value;
}

}  // namespace stint
