#include "backends/postgres/connect_options.hpp"
#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <fmt/core.h>
#include <libpq-fe.h>
#include "base/url.hpp"

namespace stint::postgres {
namespace {

// The parameters that libpq does not know.
constexpr std::array<std::string_view, 6> kOwnParameters{
    "schema", "prepare", "pool", "listen", "answer_timeout", "durable_completions"};
// PostgreSQL cuts longer names off without a word.
constexpr std::size_t kLongestName = 63;
constexpr int kMostConnections = 1000;
constexpr int kLongestSilence = 86'400;

// Found dead after 10 s + 3 x 5 s of silence, or 20 s with unanswered data: below a worker's lease
// of 30 s, so that a worker behind a cut cable tries a new connection while it still has the lease.
constexpr std::array<std::pair<const char*, const char*>, 6> kDefaults{{
    {"connect_timeout", "10"},
    {"keepalives_idle", "10"},
    {"keepalives_interval", "5"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "20000"},
    {"fallback_application_name", "stint"},
}};

struct InfoDeleter {
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};
struct TextDeleter {
  void operator()(char* text) const noexcept { PQfreemem(text); }
};

std::string one_line(std::string_view text) {
  std::string line{text};
  std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

std::vector<std::pair<std::string, std::string>> libpq_parameters(
    std::string_view url, std::span<const ConnectDefault> defaults) {
  const std::string for_libpq = without_parameters(url, kOwnParameters);
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, InfoDeleter> options{
      PQconninfoParse(for_libpq.c_str(), &message)};
  const std::unique_ptr<char, TextDeleter> message_owner{message};
  if (!options) {
    throw url_error(url, one_line(message != nullptr ? redacted(message) : "out of memory"),
                    "write postgresql://USER@HOST:PORT/DATABASE?schema=NAME; besides libpq's own "
                    "parameters there are schema, prepare, pool, listen, answer_timeout and "
                    "durable_completions");
  }
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    if (std::string_view{option->keyword} == "client_encoding") continue;
    parameters.emplace_back(option->keyword, option->val);
  }
  const auto add_default = [&](std::string_view keyword, std::string_view value) {
    const bool given =
        std::ranges::any_of(parameters, [&](const auto& one) { return one.first == keyword; });
    if (!given) parameters.emplace_back(keyword, value);
  };
  for (const auto& [keyword, value] : defaults) add_default(keyword, value);
  for (const auto& [keyword, value] : kDefaults) add_default(keyword, value);
  // All our texts are UTF-8, whatever the database's encoding is.
  parameters.emplace_back("client_encoding", "UTF8");
  return parameters;
}

// What a parameter says that is one of auto, on and off.
template <typename Choice>
Choice parse_choice(std::string_view url, const char* name, Choice when_missing) {
  const auto value = parse_url(url).parameter(name);
  if (!value) return when_missing;
  if (*value == "auto") return Choice::kWhereDirect;
  if (*value == "on") return Choice::kAlways;
  if (*value == "off") return Choice::kNever;
  throw url_error(url, fmt::format("{}={} is none of auto, on and off", name, *value),
                  "write one of them or leave it out");
}

// Whether a parameter that is on by default is on.
bool parse_switch(std::string_view url, const char* name) {
  const auto value = parse_url(url).parameter(name);
  if (!value || *value == "on") return true;
  if (*value == "off") return false;
  throw url_error(url, fmt::format("{}={} is neither on nor off", name, *value),
                  "write one of them or leave it out");
}

int parse_number(std::string_view url, const char* name, int least, int most, int when_missing) {
  const auto value = parse_url(url).parameter(name);
  if (!value) return when_missing;
  int number = 0;
  const char* end = value->data() + value->size();
  const auto [rest, error] = std::from_chars(value->data(), end, number);
  if (error != std::errc{} || rest != end || number < least || number > most) {
    throw url_error(url, fmt::format("{}={} is out of range", name, *value),
                    fmt::format("use {} to {}", least, most));
  }
  return number;
}

}  // namespace

bool is_schema_name(std::string_view name) {
  const auto is_first = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !name.empty() && name.size() <= kLongestName && is_first(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_first(c) || (c >= '0' && c <= '9'); });
}

ConnectOptions parse_connect_options(std::string_view text,
                                     std::span<const ConnectDefault> defaults) {
  const Url url = parse_url(text);
  ConnectOptions options{.url = std::string{text}};
  if (const auto schema = url.parameter("schema")) {
    if (!is_schema_name(*schema)) {
      throw url_error(text, fmt::format("\"{}\" cannot name a schema", *schema),
                      "use at most 63 lower-case letters, digits and _, no digit first");
    }
    options.schema = *schema;
  }
  options.prepare = parse_choice(text, "prepare", options.prepare);
  options.listen = parse_choice(text, "listen", options.listen);
  options.durable_completions = parse_switch(text, "durable_completions");
  options.pool = parse_number(text, "pool", 1, kMostConnections, options.pool);
  options.answer_timeout =
      std::chrono::seconds{parse_number(text, "answer_timeout", 0, kLongestSilence,
                                        static_cast<int>(options.answer_timeout.count()))};
  options.parameters = libpq_parameters(text, defaults);
  return options;
}

std::vector<std::pair<std::string, std::string>> with_next_host(
    std::vector<std::pair<std::string, std::string>> parameters, unsigned times) {
  constexpr std::array<std::string_view, 3> kLists{"host", "hostaddr", "port"};
  for (auto& [keyword, value] : parameters) {
    if (std::ranges::find(kLists, keyword) == kLists.end()) continue;
    const auto hosts = static_cast<unsigned>(std::ranges::count(value, ',')) + 1;
    for (unsigned i = 0; hosts > 1 && i < times % hosts; ++i) {
      const auto comma = value.find(',');
      value = value.substr(comma + 1) + "," + value.substr(0, comma);
    }
  }
  return parameters;
}

std::optional<std::string> protection_warning(const ConnectOptions& options) {
  const auto value = [&](std::string_view keyword) {
    const auto found = std::ranges::find_if(options.parameters,
                                            [&](const auto& one) { return one.first == keyword; });
    return found == options.parameters.end() ? std::string{} : found->second;
  };
  const std::string host = value("hostaddr").empty() ? value("host") : value("hostaddr");
  const bool is_local = host.empty() || host.starts_with('/') || host.starts_with("127.") ||
                        host == "localhost" || host == "::1";
  const std::string mode = value("sslmode").empty() ? "prefer" : value("sslmode");
  if (is_local || mode == "verify-full") return std::nullopt;
  return fmt::format(
      "with sslmode={} nobody checks that the server at {} is the right one; use "
      "sslmode=verify-full and sslrootcert in the store's URL",
      mode, host);
}

}  // namespace stint::postgres
