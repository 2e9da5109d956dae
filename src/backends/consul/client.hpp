/// The requests to Consul that a lock and a stamp are made of.
#pragma once
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>
#include "backends/consul/options.hpp"
#include "backends/consul/replies.hpp"
#include "http/http_client.hpp"
#include "stint/error.hpp"

namespace stint::consul {

/// Ask one Consul agent, one request at a time. What cannot be answered is an Error in the words of
/// this library: kUnavailable, or kConfiguration if Consul refuses it.
class Client final {
 public:
  /// Throws Error kConfiguration for files that cannot be read.
  explicit Client(Options options);

  /// Begin a call: from now on all requests together take no longer than the timeout.
  void begin_call();
  /// Let the requests that follow take this much longer, to put things in order after a call.
  void extend_call(std::chrono::milliseconds by) { call_end_ += by; }

  Look look(const std::string& key);
  /// Return once the key's index is greater than `index`, or after `timeout`; nothing if stopped.
  std::optional<Look> wait_for_change(const std::string& key, std::int64_t index,
                                      std::chrono::milliseconds timeout,
                                      const std::stop_token& stop);

  /// Return its id. `outcome_unknown` of an error says that there may be one of this name now.
  std::string create_session(std::string_view name, std::chrono::milliseconds ttl,
                             std::chrono::milliseconds lock_delay);
  /// False: there is no such session any more.
  bool renew_session(const std::string& id);
  /// One that is gone already is as good.
  void destroy_session(const std::string& id);
  std::vector<std::string> sessions_named(std::string_view name);

  /// Lock a key and set its value, if it is still as it was seen.
  LockAnswer lock(const std::string& key, const Look& seen, const std::string& session,
                  std::string_view value);
  /// False: this session did not hold it, and nothing was written.
  bool release(const std::string& key, const std::string& session);
  /// Write a value, if the key is still as it was seen; else return false.
  bool put(const std::string& key, const Look& seen, const std::string& value);

 private:
  enum class Effect : std::uint8_t { kNone, kWrite };

  std::string url_of(std::string_view path, std::string_view query) const;
  HttpClient::Response send(HttpClient::Request request, Effect effect);
  /// Throw unless the status is one of those that the request is made for.
  void check(const HttpClient::Response& response, Effect effect,
             std::initializer_list<int> expected) const;
  [[noreturn]] void throw_refusal(const HttpClient::Response& response, Effect effect) const;
  [[noreturn]] void throw_denied(std::string_view text) const;
  Error unavailable(const Error& error, Effect effect) const;
  std::string choose_node();

  const Options options_;
  HttpClient http_;
  std::chrono::nanoseconds call_end_{0};
  std::string node_;  // whose sessions are made, in another datacenter
};

}  // namespace stint::consul
