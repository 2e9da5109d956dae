#include "backends/redis/session.hpp"
#include <algorithm>
#include <charconv>
#include <utility>
#include <fmt/format.h>
#include "base/clock.hpp"
#include "base/log.hpp"

namespace stint::redis {
namespace {

using std::chrono::nanoseconds;

constexpr std::string_view kLogger = "redis";
constexpr int kOldestVersion = 6;

/// The value of `name:value` in the text that INFO answers.
std::string_view field(std::string_view info, std::string_view name) {
  for (std::size_t at = info.find(name); at != std::string_view::npos;
       at = info.find(name, at + 1)) {
    const bool begins = at == 0 || info[at - 1] == '\n';
    const std::size_t colon = at + name.size();
    if (!begins || colon >= info.size() || info[colon] != ':') continue;
    return info.substr(colon + 1, info.find_first_of("\r\n", colon) - colon - 1);
  }
  return {};
}

std::int64_t number(std::string_view digits) {
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

Greeting read_info(std::string_view info, const Server& server) {
  if (field(info, "role") == "slave") {
    throw refusal_error(server, "READONLY its role is slave", "INFO", {});
  }
  Greeting greeting{.version = std::string{field(info, "redis_version")}};
  if (!greeting.version.empty() && number(greeting.version) < kOldestVersion) {
    throw Error{ErrorCode::kConfiguration,
                fmt::format("Redis at {} has version {}: version {} or later is needed",
                            server.place(), escape_controls(greeting.version), kOldestVersion),
                {.backend = "redis"}};
  }
  if (const auto uptime = field(info, "uptime_in_seconds"); !uptime.empty()) {
    // Below 0 after the clock was set back: as if it had just been started.
    greeting.uptime = std::chrono::seconds{std::max<std::int64_t>(0, number(uptime))};
  }
  const auto policy = field(info, "maxmemory_policy");
  greeting.evicts =
      number(field(info, "maxmemory")) > 0 && !policy.empty() && policy != "noeviction";
  greeting.has_append_file = field(info, "aof_enabled") == "1";
  return greeting;
}

}  // namespace

Greeting greet(Link& link, const Server& server, nanoseconds deadline) {
  const std::string database = std::to_string(server.database);
  std::vector<std::vector<std::string_view>> commands;
  if (!server.user.empty()) {
    commands.push_back({"AUTH", server.user, server.password});
  } else if (!server.password.empty()) {
    commands.push_back({"AUTH", server.password});
  }
  if (server.database != 0) commands.push_back({"SELECT", database});
  // All at once: they cost one round trip.
  for (const auto& command : commands) link.send(command, deadline);
  link.send(std::vector<std::string_view>{"INFO"}, deadline);
  std::optional<Error> refusal;
  for (const auto& command : commands) {
    const Reply reply = link.receive_owed(deadline, Effect::kNone);
    if (reply.is_error() && !refusal) {
      refusal = refusal_error(server, reply.text(), command.front(), {});
    }
  }
  const Reply info = link.receive_owed(deadline, Effect::kNone);
  if (refusal) throw Error{*refusal};
  if (!info.is_error()) return read_info(info.text(), server);
  // A user may be kept from INFO and do all else.
  if (info.text().starts_with("NOPERM")) return {};
  throw refusal_error(server, info.text(), "INFO", {});
}

Session::Session(Server server) : server_(std::move(server)) {}

nanoseconds Session::next_deadline() const { return real_clock().boot_now() + server_.timeout; }

Link& Session::link(nanoseconds deadline) {
  // One that the server has closed meanwhile is replaced before anything is sent: no call is in
  // doubt for it.
  if (link_ && link_->is_stale()) link_.reset();
  if (!link_) {
    auto fresh = std::make_unique<Link>(server_, deadline);
    const Greeting greeting = greet(*fresh, server_, deadline);
    up_since_.reset();
    if (greeting.uptime) up_since_ = real_clock().boot_now() - *greeting.uptime;
    note(greeting);
    link_ = std::move(fresh);
  }
  return *link_;
}

void Session::note(const Greeting& greeting) {
  if (std::exchange(is_noted_, true)) return;
  if (greeting.evicts) {
    log_warning(kLogger,
                "{} may drop keys when its memory is full, locks among them: set maxmemory-policy "
                "noeviction",
                server_.place());
  }
  log_debug(kLogger, "connected to {}, version {}, append-only file {}", server_.place(),
            escape_controls(greeting.version), greeting.has_append_file ? "on" : "off");
}

bool Session::has_been_up_for(nanoseconds duration) {
  link(next_deadline());
  return up_since_ && real_clock().boot_now() - *up_since_ >= duration;
}

Reply Session::exchange(std::span<const std::string_view> words, nanoseconds deadline,
                        Effect effect) {
  Link& now = link(deadline);
  try {
    now.send(words, deadline);
    return now.receive_owed(deadline, effect);
  } catch (const Error&) {
    // An answer that comes late must not be taken for that of another call.
    link_.reset();
    throw;
  }
}

Reply Session::run(const Call& call) {
  const nanoseconds deadline = next_deadline();
  const std::string keys = std::to_string(call.keys.size());
  std::vector<std::string_view> words{"EVALSHA", call.script->sha1, keys};
  words.insert(words.end(), call.keys.begin(), call.keys.end());
  words.insert(words.end(), call.arguments.begin(), call.arguments.end());
  Reply reply = exchange(words, deadline, call.effect);
  if (reply.is_error() && reply.text().starts_with("NOSCRIPT")) {
    words[0] = "EVAL";
    words[1] = call.script->text;
    reply = exchange(words, deadline, call.effect);
  }
  if (!reply.is_error()) return reply;
  Error error = refusal_error(server_, reply.text(), call.script->name,
                              call.keys.empty() ? std::string_view{} : call.keys.front());
  // It may be another server by now that has the name, or another role.
  if (error.retryable()) link_.reset();
  throw error;
}

int Session::wait_for_replicas(int wanted) {
  using std::chrono::milliseconds;
  const std::string count = std::to_string(wanted);
  // Zero would be for ever.
  const auto limit =
      std::max(std::chrono::floor<milliseconds>(server_.timeout / 2), milliseconds{1});
  const std::string text = std::to_string(limit.count());
  const std::vector<std::string_view> words{"WAIT", count, text};
  const Reply reply = exchange(words, next_deadline(), Effect::kNone);
  if (reply.is_error()) throw refusal_error(server_, reply.text(), "WAIT", {});
  return static_cast<int>(reply.number());
}

}  // namespace stint::redis
