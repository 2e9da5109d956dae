#include "backends/consul/client.hpp"
#include <algorithm>
#include <utility>
#include <fmt/format.h>
#include "base/base64.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/utf8.hpp"

namespace stint::consul {
namespace {

using Request = HttpClient::Request;
using Response = HttpClient::Response;
using Milliseconds = std::chrono::milliseconds;

// A value is at most 512 KiB; a list of sessions may be longer.
constexpr std::size_t kMostAnswerBytes = std::size_t{8} << 20U;
// What a request gets even if the call's time is up: a try that cannot succeed tells nothing.
constexpr Milliseconds kShortest{50};
constexpr std::size_t kMostText = 200;

HttpClientOptions http_options(const Options& options) {
  HttpClientOptions http{.connect_timeout = options.timeout,
                         .ca_file = options.ca_file,
                         .certificate_file = options.certificate_file,
                         .key_file = options.key_file,
                         .max_answer_bytes = kMostAnswerBytes};
  if (!options.token.empty()) {
    http.headers.push_back({.name = "X-Consul-Token", .value = options.token});
  }
  return http;
}

// A key as part of a URL's path; its slashes stay.
std::string path_of(std::string_view key) {
  std::string path = "/v1/kv/";
  while (true) {
    const std::string_view part = key.substr(0, key.find('/'));
    path += encode_url_part(part);
    if (part.size() == key.size()) return path;
    path += '/';
    key.remove_prefix(part.size() + 1);
  }
}

std::string milliseconds(Milliseconds duration) { return fmt::format("{}ms", duration.count()); }

// What Consul says, fit for a line of a log.
std::string shown(std::string_view body) {
  while (!body.empty() && (body.back() == '\n' || body.back() == ' ')) body.remove_suffix(1);
  return escape_controls(sanitize_text(body.substr(0, kMostText)));
}

}  // namespace

Client::Client(Options options) : options_(std::move(options)), http_(http_options(options_)) {}

void Client::begin_call() { call_end_ = real_clock().boot_now() + options_.timeout; }

Look Client::look(const std::string& key) {
  const Response response = send({.url = url_of(path_of(key), "consistent")}, Effect::kNone);
  check(response, Effect::kNone, {200, 404});
  return read_look(response, key);
}

std::optional<Look> Client::wait_for_change(const std::string& key, std::int64_t index,
                                            Milliseconds timeout, const std::stop_token& stop) {
  const Milliseconds wait = std::max(timeout, Milliseconds{1});
  // Consul adds up to a sixteenth, so that not all come back at once.
  const Milliseconds longest = wait + wait / 16 + options_.timeout;
  const Request request{.url = url_of(path_of(key), fmt::format("consistent&index={}&wait={}",
                                                                index, milliseconds(wait))),
                        .timeout = longest};
  std::optional<Response> response;
  try {
    response = http_.request(request, stop);
  } catch (const Error& error) {
    throw unavailable(error, Effect::kNone);
  }
  if (!response) return std::nullopt;
  check(*response, Effect::kNone, {200, 404});
  return read_look(*response, key);
}

std::string Client::create_session(std::string_view name, Milliseconds ttl,
                                   Milliseconds lock_delay) {
  // Without checks: that of the agent's health ends sessions when gossip is lost for a moment.
  json session = {{"Name", name},
                  {"TTL", milliseconds(ttl)},
                  {"LockDelay", milliseconds(lock_delay)},
                  {"Behavior", "release"},
                  {"Checks", json::array()}};
  if (!node_.empty()) session["Node"] = node_;
  const auto create = [&] {
    return send({.method = "PUT",
                 .url = url_of("/v1/session/create", ""),
                 .body = session.dump(-1, ' ', false, json::error_handler_t::replace)},
                Effect::kWrite);
  };
  Response response = create();
  if (response.status == 500 && has_part(response.body, "Missing node registration") &&
      !options_.datacenter.empty()) {
    // Sessions belong to a node, by default the agent's own, which other datacenters do not know.
    node_ = choose_node();
    session["Node"] = node_;
    response = create();
  }
  check(response, Effect::kWrite, {200});
  return read_session_id(response);
}

std::string Client::choose_node() {
  const Response response = send({.url = url_of("/v1/catalog/service/consul", "")}, Effect::kNone);
  check(response, Effect::kNone, {200});
  const std::vector<std::string> nodes = read_nodes(response);
  if (!nodes.empty()) return nodes.front();
  throw Error{ErrorCode::kConfiguration,
              fmt::format("Consul at {} names no server of the datacenter \"{}\" to make a session "
                          "at; allow the token to read service \"consul\" and its nodes, or name "
                          "an agent of that datacenter in {}",
                          options_.url, options_.datacenter, options_.table)};
}

bool Client::renew_session(const std::string& id) {
  const Response response =
      send({.method = "PUT", .url = url_of("/v1/session/renew/" + encode_url_part(id), "")},
           Effect::kWrite);
  if (response.status == 404) return false;
  check(response, Effect::kWrite, {200});
  return true;
}

void Client::destroy_session(const std::string& id) {
  const Response response =
      send({.method = "PUT", .url = url_of("/v1/session/destroy/" + encode_url_part(id), "")},
           Effect::kWrite);
  check(response, Effect::kWrite, {200});
}

std::vector<std::string> Client::sessions_named(std::string_view name) {
  const Response response = send({.url = url_of("/v1/session/list", "consistent")}, Effect::kNone);
  check(response, Effect::kNone, {200});
  return read_sessions_named(response, name);
}

LockAnswer Client::lock(const std::string& key, const Look& seen, const std::string& session,
                        std::string_view value) {
  const auto operation = [&](json what) {
    what["Key"] = key;
    return json{{"KV", std::move(what)}};
  };
  json operations = json::array();
  // Only what was looked at is overwritten. (For a key that is not there, the lock makes it.)
  operations.push_back(
      operation(seen.entry ? json{{"Verb", "check-index"}, {"Index", seen.entry->modify_index}}
                           : json{{"Verb", "check-not-exists"}}));
  operations.push_back(
      operation({{"Verb", "lock"}, {"Value", encode_base64(value)}, {"Session", session}}));
  operations.push_back(operation({{"Verb", "get"}}));
  const Response response =
      send({.method = "PUT",
            .url = url_of("/v1/txn", ""),
            .headers = {{.name = "Content-Type", .value = "application/json"}},
            .body = operations.dump()},
           Effect::kWrite);
  check(response, Effect::kWrite, {200, 409});
  LockAnswer answer = read_lock_answer(response, key, session);
  if (answer.what == LockAnswer::What::kRefused) throw_denied(answer.text);
  return answer;
}

bool Client::release(const std::string& key, const std::string& session) {
  // Without a session this would be a plain write, over whatever another has there.
  if (session.empty()) return false;
  const Response response =
      send({.method = "PUT", .url = url_of(path_of(key), "release=" + encode_url_part(session))},
           Effect::kWrite);
  check(response, Effect::kWrite, {200});
  return read_flag(response);
}

bool Client::put(const std::string& key, const Look& seen, const std::string& value) {
  const std::int64_t index = seen.entry ? seen.entry->modify_index : 0;
  const Response response = send(
      {.method = "PUT", .url = url_of(path_of(key), fmt::format("cas={}", index)), .body = value},
      Effect::kWrite);
  check(response, Effect::kWrite, {200});
  return read_flag(response);
}

std::string Client::url_of(std::string_view path, std::string_view query) const {
  std::string url = fmt::format("{}{}", options_.url, path);
  char next = '?';
  if (!query.empty()) {
    url += next;
    url += query;
    next = '&';
  }
  if (!options_.datacenter.empty()) {
    url += next;
    url += "dc=" + encode_url_part(options_.datacenter);
  }
  return url;
}

Response Client::send(Request request, Effect effect) {
  const auto left = std::chrono::ceil<Milliseconds>(call_end_ - real_clock().boot_now());
  request.timeout = std::max(left, kShortest);
  try {
    return http_.request(request);
  } catch (const Error& error) {
    throw unavailable(error, effect);
  }
}

Error Client::unavailable(const Error& error, Effect effect) const {
  if (error.code() != ErrorCode::kUnavailable) return error;
  return Error{
      ErrorCode::kUnavailable,
      fmt::format("Consul at {}; check that its agent runs, and {}", error.what(), options_.table),
      Error::Details{.retryable = error.retryable(),
                     .outcome_unknown = effect == Effect::kWrite && error.outcome_unknown(),
                     .backend = "consul",
                     .native_code = error.native_code()}};
}

void Client::check(const Response& response, Effect effect,
                   std::initializer_list<int> expected) const {
  if (std::ranges::find(expected, response.status) == expected.end()) {
    throw_refusal(response, effect);
  }
}

void Client::throw_denied(std::string_view text) const {
  const bool has_token = !options_.token.empty();
  throw Error{
      ErrorCode::kConfiguration,
      fmt::format("Consul at {} refuses {} for the key \"{}\": {}; {}.token needs the policy "
                  "key_prefix \"{}\" {{ policy = \"write\" }} and session_prefix \"\" "
                  "{{ policy = \"write\" }}",
                  options_.url, has_token ? "the ACL token" : "requests without an ACL token",
                  options_.key, shown(text), options_.table, options_.key),
      Error::Details{.backend = "consul", .native_code = "HTTP 403"}};
}

void Client::throw_refusal(const Response& response, Effect effect) const {
  const std::string_view body = response.body;
  if (response.status == 403 || has_part(body, "ACL not found") ||
      has_part(body, "Permission denied")) {
    throw_denied(body);
  }
  Error::Details details{.backend = "consul",
                         .native_code = fmt::format("HTTP {}", response.status)};
  if (has_part(body, "HTTP request to an HTTPS server")) {
    throw Error{ErrorCode::kConfiguration,
                fmt::format("Consul at {} wants TLS; set {}.scheme to \"https\"", options_.url,
                            options_.table),
                details};
  }
  const bool is_busy = response.status == 429 || response.status >= 500;
  const bool is_wrong = response.status == 400 || has_part(body, "Invalid Session TTL") ||
                        has_part(body, "Missing node registration");
  if (is_wrong) {
    throw Error{ErrorCode::kConfiguration,
                fmt::format("Consul at {} refuses the request: {}; check {}", options_.url,
                            shown(body), options_.table),
                details};
  }
  details.retryable = true;
  if (has_part(body, "No cluster leader")) {
    throw Error{ErrorCode::kUnavailable,
                fmt::format("Consul at {} has no cluster leader; most of its servers must run and "
                            "reach each other",
                            options_.url),
                details};
  }
  if (has_part(body, "No path to datacenter")) {
    throw Error{ErrorCode::kUnavailable,
                fmt::format("Consul at {} knows no way to the datacenter \"{}\"; check {}.dc, and "
                            "the network between them",
                            options_.url, options_.datacenter, options_.table),
                details};
  }
  details.outcome_unknown = effect == Effect::kWrite && is_busy;
  throw Error{ErrorCode::kUnavailable,
              fmt::format("Consul at {} answers with status {}: {}", options_.url, response.status,
                          shown(body)),
              details};
}

}  // namespace stint::consul
