#include "backends/fault/fault_url.hpp"
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "base/duration.hpp"
#include "base/nearest.hpp"
#include "base/url.hpp"
#include "base/utf8.hpp"
#include "stint/error.hpp"

namespace stint::fault {
namespace {

using std::chrono::nanoseconds;

constexpr std::string_view kPrefix = "fault+";
constexpr std::array<std::string_view, 6> kNames = {"error_rate", "unknown_rate", "latency",
                                                    "outage",     "seed",         "calls"};
constexpr nanoseconds kLongest = std::chrono::hours{24};

class Reader final {
 public:
  explicit Reader(std::string_view url) : text_(url), url_(parse_url(url)) {}

  FaultUrl read() {
    check_names();
    FaultPlan plan;
    plan.error_rate = rate("error_rate");
    plan.unknown_rate = rate("unknown_rate");
    if (plan.error_rate + plan.unknown_rate > 1) {
      fail("has an error_rate and an unknown_rate that are more than 1 together", "lower one");
    }
    if (const auto value = url_.parameter("latency")) plan.latency = duration("latency", *value);
    if (const auto value = url_.parameter("outage")) plan.outage = outage(*value);
    if (const auto value = url_.parameter("seed")) plan.seed = seed(*value);
    if (const auto value = url_.parameter("calls")) plan.calls = calls(*value);
    return {.plan = std::move(plan), .store = store()};
  }

 private:
  [[noreturn]] void fail(const std::string& cause, std::string_view way_out) const {
    throw url_error(text_, cause, way_out);
  }
  [[noreturn]] void fail_value(std::string_view name, std::string_view value,
                               std::string_view way_out) const {
    fail(fmt::format("has {}={}", name, sanitize_text(value)), way_out);
  }

  std::string store() const {
    const std::string store = without_parameters(text_.substr(kPrefix.size()), kNames);
    if (is_fault_url(store)) fail("asks for faults twice", "write fault+ once");
    if (!looks_like_url(store)) fail("names no store", "write fault+sqlite:jobs.db?error_rate=0.1");
    return store;
  }

  void check_names() const {
    for (const UrlParameter& one : url_.parameters) {
      if (std::ranges::find(kNames, one.name) != kNames.end()) continue;
      const std::string hint = did_you_mean(one.name, kNames);
      if (hint.empty()) continue;  // the store's own, or the store will say so
      fail(fmt::format("has a parameter \"{}\"{}", sanitize_text(one.name), hint),
           fmt::format("the parameters of faults are {}", fmt::join(kNames, ", ")));
    }
  }

  double rate(std::string_view name) const {
    const auto value = url_.parameter(name);
    if (!value) return 0;
    double share = 0;
    const char* const end = value->data() + value->size();
    const auto [at, error] = std::from_chars(value->data(), end, share);
    if (error != std::errc{} || at != end || !std::isfinite(share) || share < 0 || share > 1) {
      fail_value(name, *value, "write a share of the calls from 0 to 1, such as 0.1");
    }
    return share;
  }

  nanoseconds duration(std::string_view name, std::string_view value) const {
    const auto duration = parse_duration(value);
    if (!duration || *duration > kLongest) {
      fail_value(name, value, "write a time up to a day, such as 20ms");
    }
    return *duration;
  }

  Outage outage(std::string_view value) const {
    constexpr std::string_view kForm = "write its length and how often it comes, such as 30s/5m";
    const std::size_t slash = value.find('/');
    if (slash == std::string_view::npos) fail_value("outage", value, kForm);
    const Outage outage{.length = duration("outage", value.substr(0, slash)),
                        .period = duration("outage", value.substr(slash + 1))};
    if (outage.length <= nanoseconds{0} || outage.length >= outage.period) {
      fail_value("outage", value, kForm);
    }
    return outage;
  }

  std::uint64_t seed(const std::string& value) const {
    std::uint64_t seed = 0;
    const char* const end = value.data() + value.size();
    const auto [at, error] = std::from_chars(value.data(), end, seed);
    if (error != std::errc{} || at != end) {
      fail_value("seed", value, "write a whole number from 0 on");
    }
    return seed;
  }

  std::set<StoreCall> calls(std::string_view value) const {
    std::set<StoreCall> calls;
    for (std::size_t begin = 0; begin <= value.size();) {
      const std::size_t end = std::min(value.find(',', begin), value.size());
      const std::string_view name = value.substr(begin, end - begin);
      const auto call = find_store_call(name);
      if (!call) {
        fail(fmt::format("names the call \"{}\", which no store has{}", sanitize_text(name),
                         did_you_mean(name, store_call_names())),
             fmt::format("the calls are {}", fmt::join(store_call_names(), ", ")));
      }
      calls.insert(*call);
      begin = end + 1;
    }
    return calls;
  }

  const std::string_view text_;
  const Url url_;
};

}  // namespace

bool is_fault_url(std::string_view url) {
  if (url.size() <= kPrefix.size() || !looks_like_url(url)) return false;
  return std::ranges::equal(url.substr(0, kPrefix.size()), kPrefix, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

FaultUrl parse_fault_url(std::string_view url) { return Reader{url}.read(); }

std::string describe(const FaultPlan& plan) {
  std::vector<std::string> parts;
  if (plan.error_rate > 0) parts.push_back(fmt::format("error_rate {}", plan.error_rate));
  if (plan.unknown_rate > 0) parts.push_back(fmt::format("unknown_rate {}", plan.unknown_rate));
  if (plan.latency > nanoseconds{0}) {
    parts.push_back(fmt::format("latency up to {}", format_duration(plan.latency)));
  }
  if (plan.outage) {
    parts.push_back(fmt::format("an outage of {} each {}", format_duration(plan.outage->length),
                                format_duration(plan.outage->period)));
  }
  if (!plan.calls.empty()) {
    std::vector<std::string_view> names;
    names.reserve(plan.calls.size());
    for (const StoreCall call : plan.calls) names.push_back(to_string(call));
    parts.push_back(fmt::format("of the calls {}", fmt::join(names, ", ")));
  }
  if (parts.empty()) parts.emplace_back("none");
  if (plan.seed) parts.push_back(fmt::format("seed {}", *plan.seed));
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace stint::fault
