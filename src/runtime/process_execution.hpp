/// One job in a slot process, from its start to its end, as the worker sees it.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>
#include "base/clock.hpp"
#include "core/registry.hpp"
#include "process/output_capture.hpp"
#include "runtime/job_run.hpp"
#include "runtime/process_slot.hpp"
#include "runtime/slot_messages.hpp"
#include "runtime/slot_processes.hpp"

namespace stint {

/// Drive one execution on the calling thread. Made for one `work`.
class ProcessExecution final {
 public:
  /// `wake_descriptor` is an eventfd, this one's alone while it works.
  ProcessExecution(SlotProcess& process, JobRun& run, JobHost& host, const Registry& registry,
                   const ProcessSlotOptions& options, int wake_descriptor, OutputPipes pipes,
                   const Clock& clock);

  /// Return once the job has ended; the process with it, unless `is_process_usable`.
  Completion work(std::vector<std::string> attachments);
  /// The same for a job that the process has begun already; `message` is what it said since.
  Completion go_on(std::optional<slot::ToWorker> message);
  /// Whether the job said and printed nothing.
  bool is_quiet() const { return !has_spoken_ && capture_.bytes() == 0; }
  bool is_process_usable() const {
    return end_.has_value() && !end_->retires && !is_broken_ && rung_ != Rung::kKilled &&
           !is_over_memory_;
  }

 private:
  using Nanoseconds = std::chrono::nanoseconds;
  /// How far the ladder was climbed.
  enum class Rung : std::uint8_t { kNone, kAsked, kTerminated, kKilled };

  bool is_over() const { return end_.has_value() || is_dead_; }
  Completion see_through();
  void wait();
  Nanoseconds longest_wait() const;
  void read_messages();
  void read_output();
  bool is_deaf(Nanoseconds now) const { return now < deaf_until_; }
  void rest_from_lines(int lines);
  void take(slot::ToWorker message);
  void take_line(const slot::LogLine& line);
  void enqueue(const slot::Enqueue& asked);
  void start_job();
  [[noreturn]] void fail_before_begin(std::string_view why) const;
  Nanoseconds grace() const;
  Nanoseconds next_rung_after() const;
  void climb();
  void bound_memory();
  bool is_killed_for_memory() const;
  void kill();
  void give_up();
  void look_at_memory();
  void break_off(std::string why);
  Completion end_of_dead();
  std::string error_text(std::string_view type, const std::string& message,
                         const ExitStatus& status) const;

  SlotProcess& process_;
  JobRun& run_;
  JobHost& host_;
  const Registry& registry_;
  const TaskOptions task_;
  const ProcessSlotOptions& options_;
  const Clock& clock_;
  OutputCapture capture_;
  const int wake_;
  std::vector<std::string> attachments_;
  const Nanoseconds begun_at_;
  bool is_sent_ = false;
  bool has_spoken_ = false;
  int recent_lines_ = 0;  // of the log, since `recent_since_`
  Nanoseconds recent_since_{0};
  Nanoseconds deaf_until_{0};  // neither connection nor pipes are looked at
  bool is_dead_ = false;
  bool is_broken_ = false;  // it must not take another job
  bool is_over_memory_ = false;
  bool is_in_group_ = false;  // which bounds its memory
  std::int64_t kills_before_ = 0;
  bool is_hung_ = false;  // it was killed and does not end
  std::string broken_why_;
  Rung rung_ = Rung::kNone;
  Nanoseconds memory_look_at_{0};
  std::optional<Nanoseconds> closed_at_;
  std::optional<Nanoseconds> killed_at_;
  std::optional<slot::End> end_;
};

}  // namespace stint
