#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <fmt/format.h>
#include "base/characters.hpp"
#include "base/duration.hpp"
#include "base/utf8.hpp"
#include "core/declaration_check.hpp"

namespace stint {
namespace {

bool is_label(std::string_view name, std::size_t longest) {
  return !name.empty() && name.size() <= longest && std::ranges::all_of(name, [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-';
  });
}

void check_duration(std::string_view option, std::chrono::milliseconds value,
                    std::vector<std::string>& problems) {
  if (value.count() >= 0 && value <= kLongestDuration) return;
  problems.push_back(fmt::format("{} {} is out of range: 0s to {}", option, format_duration(value),
                                 format_duration(kLongestDuration)));
}

void check_retry(const RetryOptions& retry, std::vector<std::string>& problems) {
  constexpr int kMostAttempts = 1000;
  if (retry.max_attempts && (*retry.max_attempts < 1 || *retry.max_attempts > kMostAttempts)) {
    problems.push_back(fmt::format("retry.max_attempts {} is out of range: 1 to {}",
                                   *retry.max_attempts, kMostAttempts));
  }
  check_duration("retry.backoff", retry.backoff, problems);
  check_duration("retry.max_backoff", retry.max_backoff, problems);
  if (retry.backoff > retry.max_backoff) {
    problems.push_back(fmt::format("retry.backoff {} is longer than retry.max_backoff {}",
                                   format_duration(retry.backoff),
                                   format_duration(retry.max_backoff)));
  }
  // The comparison is written so that NaN is refused.
  // NOLINTNEXTLINE(readability-simplify-boolean-expr): that would take NaN
  if (!(retry.jitter >= 0 && retry.jitter <= 1)) {
    problems.push_back(fmt::format("retry.jitter {} is out of range: 0 to 1", retry.jitter));
  }
}

void check_limits(const TaskOptions& options, std::vector<std::string>& problems) {
  constexpr std::int64_t kLeastMemory = std::int64_t{1} << 20;
  constexpr int kLeastDescriptors = 16;
  constexpr int kWidestMask = 0777;
  if (options.max_memory != 0 && options.max_memory < kLeastMemory) {
    problems.push_back(fmt::format("max_memory {} is out of range: {} bytes at least, or 0",
                                   options.max_memory, kLeastMemory));
  }
  check_duration("max_cpu", options.max_cpu, problems);
  if (options.max_descriptors != 0 && options.max_descriptors < kLeastDescriptors) {
    problems.push_back(fmt::format("max_descriptors {} is out of range: {} at least, or 0",
                                   options.max_descriptors, kLeastDescriptors));
  }
  if (options.umask && (*options.umask < 0 || *options.umask > kWidestMask)) {
    problems.push_back(fmt::format("umask {:o} is out of range: 0 to 0777", *options.umask));
  }
  if (has_nul(options.working_directory)) {
    problems.emplace_back("working_directory must not hold NUL");
  }
}

void check_later_versions(const TaskOptions& options, std::vector<std::string>& problems) {
  const auto refuse = [&problems](bool is_used, std::string_view option) {
    if (!is_used) return;
    problems.push_back(fmt::format("{} is not available in this version of Stint", option));
  };
  refuse(!options.depends_on.empty(), "depends_on");
  refuse(!options.inputs.empty(), "inputs");
  refuse(!options.outputs.empty(), "outputs");
  refuse(options.process_units != 1, "process_units");
  refuse(options.max_running != 0, "max_running");
}

}  // namespace

bool is_task_name(std::string_view name) {
  constexpr std::size_t kLongest = 200;
  if (name.size() > kLongest) return false;
  bool begins = true;
  bool has_dot = false;
  for (const char c : name) {
    if (c == '.') {
      if (begins) return false;
      begins = true;
      has_dot = true;
    } else if (is_letter(c) || c == '_' || (!begins && (is_digit(c) || c == '-'))) {
      begins = false;
    } else {
      return false;
    }
  }
  return has_dot && !begins;
}

bool is_domain_name(std::string_view name) {
  constexpr std::size_t kLongest = 63;
  return is_label(name, kLongest);
}

bool is_node_name(std::string_view name) {
  constexpr std::size_t kLongest = 253;
  return is_label(name, kLongest);
}

void check_options(const TaskOptions& options, std::vector<std::string>& problems) {
  using Priority = std::numeric_limits<std::int16_t>;
  if (!is_domain_name(options.domain)) {
    problems.push_back(
        fmt::format("domain \"{}\" must be {}", sanitize_text(options.domain), kDomainForm));
  }
  if (!options.node.empty() && !is_node_name(options.node)) {
    problems.push_back(
        fmt::format("node \"{}\" must be {}", sanitize_text(options.node), kNodeForm));
  }
  if (options.priority < Priority::min() || options.priority > Priority::max()) {
    problems.push_back(fmt::format("priority {} is out of range: {} to {}", options.priority,
                                   Priority::min(), Priority::max()));
  }
  check_duration("timeout", options.timeout, problems);
  check_retry(options.retry, problems);
  if (!is_valid_utf8(options.doc) || has_nul(options.doc)) {
    problems.emplace_back("doc must be UTF-8 without NUL");
  }
  check_limits(options, problems);
  check_later_versions(options, problems);
}

bool needs_process(const TaskOptions& options) {
  return options.isolation == Isolation::kProcess || options.max_memory > 0 ||
         options.max_cpu.count() > 0 || options.max_descriptors > 0 || options.no_new_privileges ||
         options.umask || !options.working_directory.empty() || options.environment;
}

}  // namespace stint
