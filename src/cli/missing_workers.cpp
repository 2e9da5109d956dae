#include "cli/missing_workers.hpp"
#include <exception>
#include <fmt/format.h>
#include "app/environment.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/url.hpp"
#include "cli/output.hpp"

namespace stint::cli {
namespace {

constexpr std::chrono::seconds kWorkersPatience{2};

}  // namespace

bool MissingWorkers::is_due() {
  const MutexLock lock{mutex_};
  const std::chrono::nanoseconds now = real_clock().boot_now();
  if (!due_) due_ = now + kWorkersPatience;
  if (is_told_ || now < *due_) return false;
  is_told_ = true;
  return true;
}

void MissingWorkers::look() noexcept {
  try {
    if (!is_due() || !environment_.store().list_workers(/*alive_only=*/true).empty()) return;
    write_error_line(fmt::format("waiting: no worker runs on {}; start one: `{} worker run`",
                                 redacted(environment_.store_url()), program_));
  } catch (const std::exception& error) {
    // A role that may only enqueue may not see workers; an outage is the wait's own concern.
    log_debug("client", "the workers could not be listed: {}", error.what());
  }
}

}  // namespace stint::cli
