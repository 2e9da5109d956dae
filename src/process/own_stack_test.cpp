#include "process/own_stack.hpp"
#include <pthread.h>
#include <unistd.h>
#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// A thread that waits in a known place.
class Waiting {
 public:
  explicit Waiting(bool blocks_signals) : thread_([this, blocks_signals] { run(blocks_signals); }) {
    id_.wait(0);
  }
  ~Waiting() {
    is_over_ = true;
    is_over_.notify_all();
    thread_.join();
  }
  pid_t id() const { return id_; }

 private:
  [[gnu::noinline]] void wait_here() { is_over_.wait(false); }
  void run(bool blocks_signals) {
    ::pthread_setname_np(::pthread_self(), "waiting");
    sigset_t all;
    ::sigfillset(&all);
    if (blocks_signals) ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    id_ = ::gettid();
    id_.notify_all();
    wait_here();
  }

  std::atomic<pid_t> id_{0};
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

std::string text_of(const ThreadStack& stack) {
  std::string text;
  for (const std::string& line : stack_lines(stack)) text += line + "\n";
  return text;
}

// Under TSan a handler runs when the thread next calls something: not while it waits for ever.
#if !defined(__SANITIZE_THREAD__)
TEST(OwnStack, IsReadAgainAndAgain) {
  const Waiting waiting{false};
  for (int i = 0; i < 20; ++i) {
    const ThreadStack stack = read_own_stack(waiting.id(), 10s);
    EXPECT_EQ(stack.problem, "");
    EXPECT_EQ(stack.name, "waiting");
    EXPECT_THAT(stack.frames, Not(IsEmpty()));
    EXPECT_THAT(text_of(stack), HasSubstr("Waiting::run"));
  }
}
#endif

TEST(OwnStack, TellsOfAThreadThatBlocksSignals) {
  const Waiting waiting{true};
  const ThreadStack stack = read_own_stack(waiting.id(), 50ms);
  EXPECT_THAT(stack.frames, IsEmpty());
  EXPECT_THAT(stack.problem, AllOf(HasSubstr("does not answer"), HasSubstr("state S")));
}

TEST(OwnStack, TellsOfAThreadThatHasEnded) {
  pid_t id = 0;
  std::thread{[&] { id = ::gettid(); }}.join();
  EXPECT_EQ(read_own_stack(id, 1s).problem, "it has ended");
}

}  // namespace
}  // namespace stint
