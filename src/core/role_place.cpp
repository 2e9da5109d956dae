#include "core/role_place.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "base/url.hpp"
#include "base/utf8.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr std::size_t kLongestKey = 512;

Error configuration_error(const std::string& message) {
  return Error{ErrorCode::kConfiguration, message};
}

bool has_scheme(const std::string& url, std::span<const std::string_view> schemes) {
  return looks_like_url(url) && std::ranges::find(schemes, parse_url(url).scheme) != schemes.end();
}

}  // namespace

std::string role_url(const BackendOptions& options, std::span<const std::string_view> schemes) {
  const auto own = options.find<std::string>("url");
  if (own && looks_like_url(*own)) {
    if (has_scheme(*own, schemes)) return *own;
    throw url_error(*own, fmt::format("in {}.url has another scheme", options.table),
                    fmt::format("it must begin with {}:", fmt::join(schemes, ": or ")));
  }
  const std::string name = own.value_or("default");
  const bool is_name = !name.empty() && name.find('.') == std::string::npos;
  const auto store = is_name ? options.settings.find<std::string>("stores." + name) : std::nullopt;
  if (store && has_scheme(*store, schemes)) return *store;
  const std::string cause =
      store ? fmt::format("the store \"{}\" is {}", sanitize_text(name), redacted(*store))
            : fmt::format("there is no store \"{}\"", sanitize_text(name));
  throw configuration_error(
      fmt::format("{}: {}; set {}.url to a URL that begins with {}:, or to the name of such a "
                  "store below [stores]",
                  options.table, cause, options.table, fmt::join(schemes, ": or ")));
}

const std::string& checked_role_key(const BackendOptions& options) {
  const std::string& key = options.key;
  if (!key.empty() && key.size() <= kLongestKey && is_valid_utf8(key) && !has_nul(key)) return key;
  constexpr std::size_t kShown = 60;
  throw configuration_error(
      fmt::format("{}: the key \"{}\" must be 1 to {} bytes of UTF-8 without NUL", options.table,
                  sanitize_text(std::string_view{key}.substr(0, kShown)), kLongestKey));
}

std::chrono::milliseconds role_timeout(const BackendOptions& options) {
  using std::chrono::milliseconds;
  return std::clamp<milliseconds>(std::chrono::ceil<milliseconds>(options.timeout),
                                  milliseconds{100}, std::chrono::hours{1});
}

std::string role_json(const LockOwner& owner) {
  return json(owner).dump(-1, ' ', true, json::error_handler_t::replace);
}

std::string role_json(const LivenessStamp& stamp) {
  return json(stamp).dump(-1, ' ', true, json::error_handler_t::replace);
}

LivenessStamp parse_stamp(std::string_view text, std::chrono::nanoseconds age) {
  LivenessStamp stamp;
  const json written = json::parse(text, nullptr, false);
  if (written.is_object()) from_json(written, stamp);
  stamp.age = age;
  return stamp;
}

LockOwner parse_owner(std::string_view text, std::string_view id) {
  LockOwner owner;
  const json info = json::parse(text, nullptr, false);
  if (info.is_object()) from_json(info, owner);
  owner.id = id;
  return owner;
}

}  // namespace stint
