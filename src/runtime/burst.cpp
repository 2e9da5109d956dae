#include "runtime/burst.hpp"
#include <poll.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <variant>
#include "base/clock.hpp"
#include "base/log.hpp"

namespace stint {
namespace {

// A job that has not ended after one or two of these is not quick.
constexpr int kTickMilliseconds = 2;
// Between two jobs of a burst no code of a task is in the way.
constexpr int kIdleMilliseconds = 10'000;
constexpr int kMostTicksToBegin = 50;

class Burst final {
 public:
  Burst(SlotProcess& process, std::span<const ClaimedJob> jobs)
      : process_(process), page_(*process.page), jobs_(jobs), pipes_(OutputPipes::make()) {}

  BurstReport run();

 private:
  bool hand_over();
  void wait();
  void read_message();
  void collect();
  bool take_end(Completion end);
  void judge();
  void wait_for_idle();
  void give_up(const char* why);

  SlotProcess& process_;
  BurstPage& page_;
  const std::span<const ClaimedJob> jobs_;
  OutputPipes pipes_;
  BurstReport report_;
  bool is_over_ = false;  // no more quick and quiet ones
  bool is_idle_ = false;  // it said so
  std::optional<slot::ToWorker> message_;
  std::size_t begun_ = 0;
  int ticks_ = 0;
  const microseconds handed_over_at_ =
      std::chrono::duration_cast<microseconds>(real_clock().boot_now());
};

bool Burst::hand_over() {
  process_.bound_memory(0);  // the last job's is none of these
  page_.reset(jobs_.size());
  slot::Burst burst{{jobs_.begin(), jobs_.end()}};
  const bool is_taken = process_.channel->send(slot::encode(slot::ToSlot{std::move(burst)}),
                                               {pipes_.out_write.get(), pipes_.error_write.get()});
  pipes_.close_write_ends();
  return is_taken;
}

BurstReport Burst::run() {
  if (!hand_over()) {
    report_.is_process_usable = false;
    return std::move(report_);
  }
  while (!is_over_) wait();
  judge();
  return std::move(report_);
}

void Burst::wait() {
  std::array<pollfd, 4> events{pollfd{process_.channel->descriptor(), POLLIN, 0},
                               pollfd{process_.child->ended_descriptor(), POLLIN, 0},
                               pollfd{pipes_.out_read.get(), POLLIN, 0},
                               pollfd{pipes_.error_read.get(), POLLIN, 0}};
  const int found = ::poll(events.data(), events.size(), kTickMilliseconds);
  if (found < 0) return;
  if (found == 0) {
    // Some have begun since the last look: they are still quick. Before the first, the process has
    // not had its turn: the machine is busy.
    const std::size_t begun = page_.begun();
    const bool waits_for_first = begun == 0 && ++ticks_ < kMostTicksToBegin;
    is_over_ = begun == begun_ && !waits_for_first;
    begun_ = begun;
    return;
  }
  is_over_ = events[1].revents != 0 || events[2].revents != 0 || events[3].revents != 0;
  if (events[0].revents != 0) read_message();
}

void Burst::read_message() {
  ChannelMessage received;
  switch (process_.channel->receive(received)) {
    case Received::kNothing:
      return;
    case Received::kClosed:
      is_over_ = true;  // whoever goes on with the job finds it closed again
      return;
    case Received::kGarbage:
      is_over_ = true;
      give_up("it wrote garbage into its connection to the worker");
      return;
    case Received::kMessage:
      break;
  }
  is_over_ = true;
  message_ = slot::decode_for_worker(received.text);
  if (!message_) give_up("it wrote garbage into its connection to the worker");
  if (message_ && std::holds_alternative<slot::Idle>(*message_)) {
    message_.reset();
    is_idle_ = true;
  }
}

/// Keep an end if it is that of the next job.
bool Burst::take_end(Completion end) {
  if (report_.ended.size() >= jobs_.size()) return false;
  const ClaimedJob& job = jobs_[report_.ended.size()];
  if (end.id != job.id || end.epoch != job.epoch) return false;
  // Its times are its word alone.
  const auto now = std::chrono::duration_cast<microseconds>(real_clock().boot_now());
  const microseconds most = now - handed_over_at_;
  end.ran_for = std::clamp(end.ran_for, microseconds{0}, most);
  end.ended_before = std::clamp(end.ended_before, -now, -handed_over_at_);
  report_.ended.push_back(std::move(end));
  return true;
}

void Burst::collect() {
  while (std::optional<std::string> text = page_.take_end()) {
    std::optional<slot::ToWorker> known = slot::decode_for_worker(*text);
    auto* const end = known ? std::get_if<slot::End>(&*known) : nullptr;
    if (end == nullptr || !take_end(std::move(end->completion))) {
      give_up("it wrote garbage into the memory that it shares with the worker");
      return;
    }
  }
}

void Burst::judge() {
  const std::size_t begun = page_.recall();
  collect();
  if (!report_.is_process_usable) {
    // Whatever it says: the first one without an end may have begun.
    if (report_.ended.size() < jobs_.size()) report_.begun = BegunJob{std::move(pipes_)};
    return;
  }
  const std::size_t ended = report_.ended.size();
  if (begun < ended || begun > ended + 1 || begun > jobs_.size()) {
    give_up("it wrote garbage into the memory that it shares with the worker");
    if (ended < jobs_.size()) report_.begun = BegunJob{std::move(pipes_)};
    return;
  }
  if (begun == ended) {
    if (!is_idle_) wait_for_idle();
    return;
  }
  auto* const end = message_ ? std::get_if<slot::End>(&*message_) : nullptr;
  const bool is_quiet = end != nullptr && !end->retires && !pipes_.has_waiting();
  if (is_quiet && take_end(end->completion)) return;
  report_.begun = BegunJob{std::move(pipes_), std::move(message_)};
}

/// All that has begun has ended: it is about to find that there is nothing more.
void Burst::wait_for_idle() {
  const auto until = real_clock().boot_now() + std::chrono::milliseconds{kIdleMilliseconds};
  while (!is_idle_ && report_.is_process_usable) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - real_clock().boot_now());
    if (left.count() <= 0) return give_up("it did not go on between two jobs");
    std::array<pollfd, 2> events{pollfd{process_.channel->descriptor(), POLLIN, 0},
                                 pollfd{process_.child->ended_descriptor(), POLLIN, 0}};
    if (::poll(events.data(), events.size(), static_cast<int>(left.count())) < 0) continue;
    if (events[0].revents != 0) {
      ChannelMessage received;
      const Received found = process_.channel->receive(received);
      if (found == Received::kClosed || found == Received::kGarbage) {
        return give_up("it closed its connection to the worker");
      }
      const auto known = slot::decode_for_worker(received.text);
      is_idle_ = known && std::holds_alternative<slot::Idle>(*known);
      if (found == Received::kMessage && !is_idle_) {
        return give_up("a thread that a job has left behind spoke to the worker");
      }
    }
    if (events[1].revents != 0 && !is_idle_) report_.is_process_usable = false;
  }
}

void Burst::give_up(const char* why) {
  log_warning("worker", "killing a slot process: {}", why);
  process_.child->kill();
  report_.is_process_usable = false;
}

}  // namespace

BurstReport run_burst(SlotProcess& process, std::span<const ClaimedJob> jobs) {
  return Burst{process, jobs}.run();
}

}  // namespace stint
