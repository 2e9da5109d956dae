#include "support/lock_fault.hpp"
#include <algorithm>
#include <cstdlib>
#include <utility>
#include <fmt/format.h>
#include "support/store_place.hpp"
#include "support/test_size.hpp"

namespace stint::test {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

std::vector<std::string> locks_to_try(std::vector<std::string> names) {
  const auto rest = std::ranges::find(names, kAtFullSize);
  if (rest == names.end()) return names;
  is_full_size() ? names.erase(rest) : names.erase(rest, names.end());
  return names;
}

bool LockFault::make_place(const LockServer::Options& options) {
  const auto skip = [](const std::string& name, const std::string& why) {
    ASSERT_FALSE(is_required(name)) << why;
    GTEST_SKIP() << why;
  };
  std::string missing;
  server_ = make_lock_server(GetParam(), options, missing);
  if (!server_) skip(GetParam() == "postgresql" ? "postgres" : GetParam(), missing);
  return server_ != nullptr;
}

void LockFault::make_proxies(int count) {
  for (int i = 0; i < count; ++i) {
    proxies_.push_back(std::make_unique<CuttingProxy>("127.0.0.1", server_->port(), seed_));
  }
}

LockContenders::Options LockFault::contenders() const {
  LockContenders::Options options;
  options.ttl = is_full_size() ? milliseconds{2000} : milliseconds{1500};
  options.lock_delay = options.ttl / 2;
  options.seed = seed_;
  options.settings = [this, ttl = options.ttl](int seat) {
    const auto place = static_cast<std::size_t>(seat);
    if (server_->port() == 0) return server_->settings();
    return fmt::format(
        "{}timeout = {}\n",
        proxies_.empty() ? server_->settings() : server_->settings(proxies_.at(place)->port()),
        static_cast<double>(ttl.count()) / 8000);
  };
  return options;
}

void LockFault::start(const LockContenders::Options& options) {
  options_ = options;
  contenders_ = std::make_unique<LockContenders>(options);
}

int LockFault::wait_for_holder() {
  const bool is_held = contenders_->eventually([&] { return contenders_->holder().has_value(); });
  EXPECT_TRUE(is_held) << "nobody holds it\n" << contenders_->log();
  return is_held ? *contenders_->holder() : -1;
}

bool LockFault::has_other_holder(pid_t than) const {
  const auto holder = contenders_->holder();
  return holder && contenders_->pid(*holder) != than;
}

bool LockFault::wait_for_other_holder(pid_t than) {
  const bool came = contenders_->eventually([&] { return has_other_holder(than); });
  EXPECT_TRUE(came) << "nobody came after " << than << "\n" << contenders_->log();
  return came;
}

nanoseconds LockFault::longest_takeover() const {
  // Consul may take twice the ttl before it drops a session.
  const auto time = GetParam() == "consul" ? 2 * options_.ttl + options_.lock_delay
                                           : options_.ttl + options_.lock_delay;
  return time * 6 / 5;
}

LockVerdict LockFault::finish(const std::string& what, bool clocks_differ) {
  const std::string log = contenders_->log();
  contenders_->stop();
  std::vector<LockEvent> events = contenders_->events();
  if (clocks_differ) {
    std::erase_if(events,
                  [](const LockEvent& event) { return event.kind == LockEvent::Kind::kRenewed; });
  }
  const LockVerdict verdict = judge(std::move(events));
  std::printf("%s, %s (seed %llu): %s\n", GetParam().c_str(), what.c_str(),
              static_cast<unsigned long long>(seed_), describe(verdict).c_str());
  EXPECT_TRUE(verdict.violations.empty())
      << verdict.violations.size() << ", the first: " << verdict.violations.front() << "\n"
      << log;
  return verdict;
}

}  // namespace stint::test
