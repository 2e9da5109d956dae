/// Every order in which a job can be lost, claimed again and written by two who hold it to be
/// theirs.
#pragma once
#include <functional>
#include <string>
#include <vector>
#include "core/store.hpp"

namespace stint::test {

/// What happens after the first claim.
enum class FencingStep {
  kLose,     ///< the first holder loses the job
  kReclaim,  ///< another claim takes it, if it can be claimed
  kZombie,   ///< the first holder writes
  kHolder,   ///< whoever claimed it again completes it
};

/// How the first holder loses the job.
enum class Loss {
  kCrash,      ///< its worker is declared dead, and the job had begun
  kRescue,     ///< its worker is declared dead, and the job had not begun
  kRetire,     ///< its worker leaves
  kFail,       ///< another thread of it reports a failure; attempts are left
  kSnooze,     ///< another thread of it puts the job off
  kInterrupt,  ///< another thread of it gives the job back
};

/// What the first holder writes.
enum class ZombieWrite { kDone, kFail, kReject, kSnooze, kInterrupt, kAbort, kReport, kLog };

struct FencingSchedule {
  std::vector<FencingStep> steps;
  Loss loss = Loss::kCrash;
  ZombieWrite write = ZombieWrite::kDone;
  bool same_worker = false;  ///< the worker that lost the job claims it again
};

/// Every order of the four steps in which the second holder claims before it completes: twelve.
std::vector<std::vector<FencingStep>> fencing_orders();
/// All orders with all writes, for one loss.
std::vector<FencingSchedule> fencing_schedules(Loss loss, bool same_worker);
/// Whether the worker that lost the job in this way can claim it again itself.
bool leaves_worker_alive(Loss loss);
std::string describe(const FencingSchedule& schedule);

/// Run a schedule on a job of its own and hold every reply against what fencing promises. Returns
/// what was broken; nothing: all is well. `let_an_hour_pass` moves the store's time on, so that
/// what was put off is due.
std::vector<std::string> run_fencing_schedule(Store& store, const FencingSchedule& schedule,
                                              const std::function<void()>& let_an_hour_pass);

}  // namespace stint::test
