#include "backends/consul/replies.hpp"
#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>
#include <utility>
#include <fmt/format.h>
#include "base/base64.hpp"
#include "base/utf8.hpp"
#include "stint/error.hpp"

namespace stint::consul {
namespace {

using Response = HttpClient::Response;

[[noreturn]] void throw_unreadable(std::string_view what, bool outcome_unknown = false) {
  throw Error{
      ErrorCode::kUnavailable,
      fmt::format("what answers does not answer as Consul does: {}; check host and port, "
                  "and what stands in between",
                  what),
      Error::Details{.retryable = true, .outcome_unknown = outcome_unknown, .backend = "consul"}};
}

json parse(const std::string& text) { return json::parse(text, nullptr, false); }

// Never throws, whatever the types are.
const json& member(const json& object, const char* name) {
  static const json kNone;
  if (!object.is_object()) return kNone;
  const auto found = object.find(name);
  return found == object.end() ? kNone : *found;
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : std::string{};
}

std::optional<std::int64_t> index_of(const json& value) {
  if (!value.is_number_unsigned()) return std::nullopt;
  const auto number = value.get<std::uint64_t>();
  if (number == 0 || !std::in_range<std::int64_t>(number)) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

// Nothing: this is no such entry.
std::optional<Entry> read_entry(const json& from, std::string_view key) {
  const std::optional<std::int64_t> index = index_of(member(from, "ModifyIndex"));
  const json& flags = member(from, "Flags");
  const json& value = member(from, "Value");
  const json& session = member(from, "Session");
  if (!index || !flags.is_number_unsigned() || text_of(member(from, "Key")) != key ||
      !(value.is_null() || value.is_string()) || !(session.is_null() || session.is_string())) {
    return std::nullopt;
  }
  std::optional<std::string> bytes = decode_base64(text_of(value));
  if (!bytes) return std::nullopt;
  return Entry{.value = *std::move(bytes),
               .session = text_of(session),
               .flags = flags.get<std::uint64_t>(),
               .modify_index = *index};
}

// A key may hold any words: they are told from Consul's own by their place.
LockAnswer::What kind_of(std::string_view text) {
  using What = LockAnswer::What;
  if (text.ends_with("lock is already held")) return What::kHeld;
  if (text.ends_with("due to lock delay")) return What::kDelayed;
  if (text.starts_with("invalid session")) return What::kNoSession;
  if (text == "Permission denied" || has_part(text, "ACL not found")) return What::kRefused;
  const bool is_check = text.starts_with("key ") || text.starts_with("failed index check") ||
                        text.starts_with("failed to check index");
  if (is_check) return What::kChanged;
  throw Error{ErrorCode::kUnavailable,
              fmt::format("Consul did not lock the key: {}", sanitize_text(text.substr(0, 300))),
              Error::Details{.retryable = true, .backend = "consul"}};
}

LockAnswer read_conflict(const json& errors) {
  if (!errors.is_array() || errors.empty()) {
    throw_unreadable("a transaction failed without a reason");
  }
  // All operations are tried, and each tells: the greatest obstacle counts.
  constexpr auto rank = [](LockAnswer::What what) {
    switch (what) {
      case LockAnswer::What::kRefused:
        return 0;
      case LockAnswer::What::kHeld:
        return 1;
      case LockAnswer::What::kDelayed:
        return 2;
      case LockAnswer::What::kNoSession:
        return 3;
      default:
        return 4;
    }
  };
  std::optional<LockAnswer> worst;
  for (const json& error : errors) {
    std::string text = text_of(member(error, "What"));
    const LockAnswer::What what = kind_of(text);
    if (!worst || rank(what) < rank(worst->what)) {
      worst = LockAnswer{.what = what, .text = std::move(text)};
    }
  }
  return *std::move(worst);
}

std::int64_t read_index_header(const Response& response) {
  const auto header = response.headers.find("x-consul-index");
  if (header == response.headers.end()) throw_unreadable("it tells no X-Consul-Index");
  const std::string& text = header->second;
  std::int64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc{} || end != text.data() + text.size() || index < 0) {
    throw_unreadable("its X-Consul-Index is no number");
  }
  return index;
}

}  // namespace

Look read_look(const Response& response, std::string_view key) {
  Look look{.index = read_index_header(response)};
  if (response.status == 404) return look;
  const json body = parse(response.body);
  if (!body.is_array() || body.size() != 1) throw_unreadable("a key has no value or several");
  look.entry = read_entry(body[0], key);
  if (!look.entry) throw_unreadable("a value is incomplete or of another key");
  return look;
}

std::string read_session_id(const Response& response) {
  std::string id = text_of(member(parse(response.body), "ID"));
  const bool is_id = !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-';
  });
  if (!is_id) throw_unreadable("a session that it made has no id");
  return id;
}

std::vector<std::string> read_sessions_named(const Response& response, std::string_view name) {
  const json body = parse(response.body);
  if (!body.is_array()) throw_unreadable("the list of sessions is none");
  std::vector<std::string> ids;
  for (const json& session : body) {
    if (text_of(member(session, "Name")) == name) ids.push_back(text_of(member(session, "ID")));
  }
  return ids;
}

std::vector<std::string> read_nodes(const Response& response) {
  const json body = parse(response.body);
  if (!body.is_array()) throw_unreadable("the list of nodes is none");
  std::vector<std::string> names;
  for (const json& node : body) {
    if (std::string name = text_of(member(node, "Node")); !name.empty()) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

bool read_flag(const Response& response) {
  std::string_view text = response.body;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  if (text != "true" && text != "false") throw_unreadable("it says neither true nor false", true);
  return text == "true";
}

LockAnswer read_lock_answer(const Response& response, std::string_view key,
                            std::string_view session) {
  const json body = parse(response.body);
  if (response.status != 200) return read_conflict(member(body, "Errors"));
  const json& results = member(body, "Results");
  const json& last = results.is_array() && !results.empty() ? results.back() : json{};
  const std::optional<Entry> entry = read_entry(member(last, "KV"), key);
  if (!entry || entry->session != session) {
    throw_unreadable("a transaction's result is incomplete", true);
  }
  return {.what = LockAnswer::What::kLocked, .token = entry->modify_index};
}

LockOwner owner_of(const Entry& entry) {
  LockOwner owner;
  if (const json value = parse(entry.value); value.is_object()) value.get_to(owner);
  if (owner.id.empty()) owner.id = entry.session;
  return owner;
}

bool may_be_locked(const Entry& entry) {
  return entry.flags == 0 && (entry.value.empty() || parse(entry.value).is_object());
}

}  // namespace stint::consul
