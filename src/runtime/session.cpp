#include "runtime/session.hpp"
#include <utility>
#include "base/log.hpp"
#include "stint/error.hpp"

namespace stint {

Session::Session(Store& store, WorkerInfo info, LeaseOptions options, const Clock& clock)
    : store_(store), info_(std::move(info)), options_(options), clock_(clock) {}

void Session::open() {
  const auto sent_at = clock_.boot_now();
  id_.store(store_.register_worker(info_).value);
  unbroken_since_.store(sent_at.count());
  renewed(sent_at);
}

bool Session::beat(std::string_view counts) {
  const auto sent_at = clock_.boot_now();
  bool is_known = false;
  try {
    is_known = store_.beat(worker(), counts);
  } catch (const Error&) {
    unbroken_since_.store(
        clock_.boot_now().count());  // whom we watch may have been cut off as well
    throw;
  }
  if (is_known) {
    renewed(sent_at);
    return true;
  }
  log_warning("worker", "worker {} was declared dead while it lived; registering anew",
              worker().value);
  open();
  return false;
}

void Session::renewed(std::chrono::nanoseconds sent_at) {
  // A pause of this process longer than a lease hides what others did meanwhile: begin to watch
  // anew.
  if (sent_at.count() > until_.load()) unbroken_since_.store(sent_at.count());
  until_.store((sent_at + options_.lease).count());
}

void Session::close() {
  if (worker()) store_.retire_worker(worker());
}

}  // namespace stint
