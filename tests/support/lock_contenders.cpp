#include "support/lock_contenders.hpp"
#include <sys/wait.h>
#include <algorithm>
#include <fstream>
#include <iterator>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace stint::test {
namespace {

using Kind = LockEvent::Kind;
constexpr int kLostExit = 5;

}  // namespace

LockContenders::LockContenders(const Options& options)
    : options_(options),
      writer_((folder_.path() / "journal").string()),
      reader_((folder_.path() / "journal").string()),
      seats_(static_cast<std::size_t>(options.count)) {
  for (int seat = 0; seat < options_.count; ++seat) {
    std::ofstream{folder_.path() / (std::to_string(seat) + ".toml")} << options_.settings(seat);
    start(seat);
  }
}

void LockContenders::start(int seat) {
  std::vector<std::string> command;
  if (options_.environment) {
    command.emplace_back("/usr/bin/env");
    for (const auto& [name, value] : options_.environment(seat)) {
      command.push_back(fmt::format("{}={}", name, value));
    }
  }
  command.push_back(test_program("lock_contender"));
  command.push_back((folder_.path() / (std::to_string(seat) + ".toml")).string());
  command.push_back(folder_.path().string());
  for (const auto time : {options_.ttl, options_.lock_delay, options_.longest_hold}) {
    command.push_back(std::to_string(time.count()));
  }
  command.push_back(std::to_string(options_.seed + static_cast<std::uint64_t>(++started_)));
  seats_[static_cast<std::size_t>(seat)].emplace(command);
}

void LockContenders::tend() {
  for (int seat = 0; seat < options_.count; ++seat) {
    if (!seats_[static_cast<std::size_t>(seat)]->has_ended()) continue;
    note_end(seat);
    start(seat);
  }
  read();
}

void LockContenders::note_end(int seat) {
  Child& child = *seats_[static_cast<std::size_t>(seat)];
  const pid_t pid = child.pid();
  const int status = child.wait();
  writer_.write({.kind = Kind::kEnded, .pid = pid, .value = status});
  // One that has just begun does not know what to do with a SIGTERM.
  const bool is_killed =
      WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM);
  const bool is_lost = WIFEXITED(status) && WEXITSTATUS(status) == kLostExit;
  const bool is_over = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  EXPECT_TRUE(is_killed || is_lost || is_over) << "status " << status << "\n" << log();
}

void LockContenders::read() {
  for (const LockEvent& event : reader_.read_new()) {
    events_.push_back(event);
    if (event.kind == Kind::kHolds) {
      holder_ = event.pid;
      has_effect_ = false;
      ++holdings_;
    }
    if (event.pid != holder_) continue;
    if (event.kind == Kind::kAccepted) has_effect_ = true;
    if (event.kind == Kind::kReleases || event.kind == Kind::kEnded) holder_.reset();
  }
}

std::optional<int> LockContenders::holder() const {
  if (!holder_ || !has_effect_) return std::nullopt;
  for (int seat = 0; seat < options_.count; ++seat) {
    if (pid(seat) == *holder_) return seat;
  }
  return std::nullopt;
}

void LockContenders::pause(int seat) {
  writer_.write({.kind = Kind::kPaused, .pid = pid(seat)});
  seats_[static_cast<std::size_t>(seat)]->signal(SIGSTOP);
}

void LockContenders::resume(int seat) {
  seats_[static_cast<std::size_t>(seat)]->signal(SIGCONT);
  writer_.write({.kind = Kind::kResumed, .pid = pid(seat)});
}

void LockContenders::kill(int seat) { seats_[static_cast<std::size_t>(seat)]->signal(SIGKILL); }

void LockContenders::note_taken(pid_t pid, std::chrono::nanoseconds limit) {
  writer_.write({.kind = Kind::kTaken, .pid = pid, .value = limit.count()});
}

void LockContenders::stop() {
  for (auto& seat : seats_) seat->signal(SIGTERM);
  for (int seat = 0; seat < options_.count; ++seat) note_end(seat);
  read();
}

std::string LockContenders::log() const {
  constexpr std::size_t kMost = 4000;
  std::ifstream file{folder_.path() / "log"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  return text.size() > kMost ? text.substr(text.size() - kMost) : text;
}

}  // namespace stint::test
