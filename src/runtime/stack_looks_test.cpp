#include "runtime/stack_looks.hpp"
#include <unistd.h>
#include <atomic>
#include <string>
#include <thread>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "support/eventually.hpp"

namespace stint {
namespace {

using test::eventually;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// Keep the lines of all jobs as one text.
class LookLines final : public JobHost {
 public:
  void add_log_line(NewLogLine line) override {
    const MutexLock lock{mutex_};
    EXPECT_EQ(line.source, LogSource::kStack);
    text_ += line.text + "\n";
  }
  JobId enqueue_child(std::string_view, const json&, EnqueueOptions) override { return {}; }
  std::string text() {
    const MutexLock lock{mutex_};
    return text_;
  }

 private:
  Mutex mutex_;
  std::string text_ STINT_GUARDED_BY(mutex_);
};

class StackLooksTest : public ::testing::Test {
 protected:
  std::shared_ptr<JobRun> run() {
    return std::make_shared<JobRun>(ClaimedJob{.id = JobId{1}, .epoch = Epoch{1}}, json::object(),
                                    lines_, real_clock());
  }
  std::string answer(const std::shared_ptr<JobRun>& run) {
    const int before = answers_;
    looks_.add(run, 7);
    EXPECT_TRUE(eventually([&] { return answers_ > before; }));
    return lines_->text();
  }

  const std::shared_ptr<LookLines> lines_ = std::make_shared<LookLines>();
  std::atomic<int> answers_{0};
  StackLooks looks_{[this] { ++answers_; }};
};

TEST_F(StackLooksTest, SayThatNoProcessHasTheJob) {
  EXPECT_EQ(answer(run()), "begin of look 7\nit waits for a process to run in\nend of look 7\n");
}

TEST_F(StackLooksTest, ShowAThread) {
  const auto one = run();
  std::atomic<bool> is_over{false};
  std::thread thread{[&] {
    one->set_place({.thread = ::gettid()});
    is_over.wait(false);
  }};
  ASSERT_TRUE(eventually([&] { return one->place().thread != 0; }));
  const std::string shown = answer(one);
  is_over = true;
  is_over.notify_all();
  thread.join();
  EXPECT_THAT(shown, AllOf(HasSubstr("thread slot of the worker's process"), HasSubstr("thread "),
                           HasSubstr("end of look 7")));
}

TEST_F(StackLooksTest, ShowAProcessAndSayThatItHasEnded) {
  Keeper keeper;
  const auto one = run();
  const auto child = keeper.spawn({.arguments = {"sleep", "60"}});
  one->set_place({.process = child->view()});
  EXPECT_THAT(answer(one), HasSubstr(": sleep\n"));
  child->kill();
  child->wait(std::chrono::seconds{10});
  EXPECT_THAT(answer(one), HasSubstr("has ended"));
}

// The thread, and a slot's process, have another job by then.
TEST_F(StackLooksTest, ShowNothingOfAJobThatHasEnded) {
  const auto one = run();
  one->set_place({.thread = ::gettid()});
  one->take_end();
  EXPECT_EQ(answer(one), "begin of look 7\nthe job ended meanwhile\nend of look 7\n");
}

TEST_F(StackLooksTest, AreMadeOneAfterTheOther) {
  std::vector<std::shared_ptr<JobRun>> runs;
  for (int i = 0; i < 50; ++i) looks_.add(runs.emplace_back(run()), 1);
  EXPECT_TRUE(eventually([&] { return answers_ == 50; }));
  const std::string text = lines_->text();
  EXPECT_EQ(text.find("begin of look 1\nit waits for a process to run in\nend of look 1\n"), 0U);
}

}  // namespace
}  // namespace stint
