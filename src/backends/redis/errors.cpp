#include "backends/redis/errors.hpp"
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include "base/log.hpp"
#include "base/utf8.hpp"

namespace stint::redis {
namespace {

/// What the first words of an answer mean for the caller.
struct Meaning {
  std::string_view begins;
  ErrorCode code;
  bool retryable;
  std::string_view cause;
  std::string_view way_out;
};

constexpr ErrorCode kSettings = ErrorCode::kConfiguration;
constexpr ErrorCode kLater = ErrorCode::kUnavailable;

// The first that fits counts.
constexpr std::array kMeanings{
    Meaning{"NOAUTH", kSettings, false, "wants a password", "put user and password into the URL"},
    Meaning{"WRONGPASS", kSettings, false, "refuses the user or the password",
            "check both in the URL"},
    Meaning{"ERR invalid password", kSettings, false, "refuses the password",
            "check it in the URL"},
    Meaning{"ERR AUTH", kSettings, false, "has no passwords, and one was given",
            "leave it out, or set one on the server"},
    Meaning{"ERR Client sent AUTH", kSettings, false, "has no passwords, and one was given",
            "leave it out, or set one on the server"},
    Meaning{"ERR DB index", kSettings, false, "has no database of this number",
            "check the number behind the host"},
    Meaning{"ERR invalid DB index", kSettings, false, "has no database of this number",
            "check the number behind the host"},
    Meaning{"NOPERM", kSettings, false, "does not let this user do it",
            "give the user +@scripting +@hash +@list +@pubsub +time +info +select and its keys"},
    Meaning{"DENIED", kSettings, false, "takes clients of its own machine only",
            "set a password there, or the addresses that it may be reached from"},
    Meaning{"WRONGTYPE", kSettings, false, "has something of somebody else's under the key",
            "choose another `key`, or remove what is there"},
    Meaning{"FOREIGN", kSettings, false, "has something of somebody else's under the key",
            "choose another `key`, or remove what is there"},
    Meaning{
        "NOINFO", kSettings, false,
        "does not tell this user how long it has been up, so that what it may have forgotten is "
        "not known",
        "give the user +info, or set `restart_guard = false` where the server keeps its state"},
    Meaning{"MOVED", kSettings, false, "is a cluster, which Stint does not speak to",
            "name a server that stands alone, or a master with replicas"},
    Meaning{"CROSSSLOT", kSettings, false, "is a cluster, which Stint does not speak to",
            "name a server that stands alone, or a master with replicas"},
    Meaning{"READONLY", kLater, true, "is a replica, or has become one",
            "name the master, or wait for it"},
    Meaning{"MASTERDOWN", kLater, true, "is a replica that has lost its master", "name the master"},
    Meaning{"LOADING", kLater, true, "is reading its data", "wait until it has"},
    Meaning{"BUSY", kLater, true, "is busy with somebody's long script",
            "wait for it, or end it by SCRIPT KILL"},
    Meaning{"MISCONF", kLater, true, "cannot write its data to its disk and takes no changes",
            "look at its log: the disk may be full"},
    Meaning{"OOM", kLater, true, "is at its limit of memory and takes no changes",
            "raise maxmemory or remove data"},
    Meaning{"NOREPLICAS", kLater, true, "has too few replicas to take changes",
            "look at its replicas"},
    Meaning{"CLUSTERDOWN", kLater, true, "is part of a cluster that is down",
            "look at the cluster"},
    Meaning{"ERR max number of clients", kLater, true, "has too many clients", "raise maxclients"},
};

}  // namespace

Error unreachable_error(const Server& server, std::string_view cause, Effect effect) {
  return Error{
      ErrorCode::kUnavailable,
      fmt::format("Redis at {}: {}; check that it runs and that its address is right",
                  server.place(), escape_controls(sanitize_text(cause))),
      {.retryable = true, .outcome_unknown = effect == Effect::kPossible, .backend = "redis"}};
}

Error refusal_error(const Server& server, std::string_view answer, std::string_view statement,
                    std::string_view key) {
  const std::string said = escape_controls(sanitize_text(answer.substr(0, 300)));
  const std::string_view code = answer.substr(0, answer.find(' '));
  Error::Details details{.retryable = false,
                         .backend = "redis",
                         .statement = std::string{statement},
                         .native_code = escape_controls(sanitize_text(code.substr(0, 40)))};
  const std::string where = key.empty()
                                ? std::string{}
                                : fmt::format(" (key \"{}\")", escape_controls(sanitize_text(key)));
  // Errors inside a script have its name before or behind them.
  const auto fits = [&](const Meaning& meaning) {
    return answer.starts_with(meaning.begins) ||
           (answer.starts_with("ERR Error running script") &&
            answer.find(meaning.begins) != std::string_view::npos);
  };
  const auto* const meaning = std::ranges::find_if(kMeanings, fits);
  if (meaning == kMeanings.end()) {
    return Error{
        ErrorCode::kConfiguration,
        fmt::format("Redis at {} refuses {}{}: {}", server.place(), statement, where, said),
        std::move(details)};
  }
  details.retryable = meaning->retryable;
  return Error{meaning->code,
               fmt::format("Redis at {} {}{}: {} ({})", server.place(), meaning->cause, where,
                           meaning->way_out, said),
               std::move(details)};
}

}  // namespace stint::redis
